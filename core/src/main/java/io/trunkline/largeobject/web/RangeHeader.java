package io.trunkline.largeobject.web;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The value of a {@code Range} header (RFC 9110, 14.1 and 14.2). Spring's own
 * {@code HttpRange} refuses what the RFC has a server ignore.
 */
final class RangeHeader {

	static final int MAX_RANGES = 32;

	/**
	 * About what a part of a multipart answer costs besides its content.
	 */
	static final int JOINED_GAP = 100;

	private static final String UNIT = "bytes=";

	private static final Pattern SPEC = Pattern.compile("([0-9]*)-([0-9]*)");

	private static final int MAX_DIGITS = 18;

	private final List<Spec> specs;

	private RangeHeader(List<Spec> specs) {
		this.specs = specs;
	}

	/**
	 * Parse the header.
	 * @param values its field lines
	 * @return {@code null} for what is to be ignored
	 */
	static @Nullable RangeHeader parse(@Nullable List<String> values) {
		if (values == null || values.size() != 1 || !values.get(0).regionMatches(true, 0, UNIT, 0, UNIT.length())) {
			return null;
		}
		List<Spec> specs = new ArrayList<>();
		for (String element : values.get(0).substring(UNIT.length()).split(",", -1)) {
			String text = element.strip();
			if (text.isEmpty()) {
				continue;
			}
			Spec spec = Spec.parse(text);
			if (spec == null || specs.size() == MAX_RANGES) {
				return null;
			}
			specs.add(spec);
		}
		return specs.isEmpty() ? null : new RangeHeader(specs);
	}

	/**
	 * Return the ranges that content of this size can satisfy, in the order in which they
	 * were asked for. Those that overlap or nearly touch are joined at the place of the
	 * first of them.
	 */
	List<ByteRange> resolve(long size) {
		List<ByteRange> ranges = new ArrayList<>();
		for (Spec spec : this.specs) {
			ByteRange range = spec.resolve(size);
			if (range != null) {
				add(ranges, range);
			}
		}
		return ranges;
	}

	private static void add(List<ByteRange> ranges, ByteRange added) {
		ByteRange range = added;
		int place = -1;
		for (int i = 0; i < ranges.size(); i++) {
			if (!range.isNear(ranges.get(i), JOINED_GAP)) {
				continue;
			}
			range = range.join(ranges.remove(i));
			place = (place < 0) ? i : Math.min(place, i);
			// The joined range may now reach ranges that were looked at before.
			i = -1;
		}
		ranges.add((place < 0) ? ranges.size() : place, range);
	}

	/**
	 * Whether a range counts from the end, which empty content satisfies.
	 */
	boolean hasSuffix() {
		return this.specs.stream().anyMatch((spec) -> spec.first() == null && spec.last() != null && spec.last() > 0);
	}

	/**
	 * One range as it was asked for.
	 *
	 * @param first the first position, {@code null} for a suffix
	 * @param last the last position, {@code null} for up to the end; the length of a
	 * suffix
	 */
	private record Spec(@Nullable Long first, @Nullable Long last) {

		static @Nullable Spec parse(String text) {
			Matcher matcher = SPEC.matcher(text);
			if (!matcher.matches()) {
				return null;
			}
			Long first = number(matcher.group(1));
			Long last = number(matcher.group(2));
			if ((first == null && last == null) || (first != null && last != null && last < first)) {
				return null;
			}
			return new Spec(first, last);
		}

		/**
		 * A number beyond any size is as good as another one.
		 */
		private static @Nullable Long number(String digits) {
			if (digits.isEmpty()) {
				return null;
			}
			String significant = digits.replaceFirst("^0+(?=.)", "");
			return (significant.length() > MAX_DIGITS) ? Long.MAX_VALUE : Long.parseLong(significant);
		}

		@Nullable ByteRange resolve(long size) {
			if (this.first == null) {
				long length = (this.last != null) ? Math.min(this.last, size) : 0;
				return (length > 0) ? new ByteRange(size - length, length) : null;
			}
			if (this.first >= size) {
				return null;
			}
			long last = (this.last != null) ? Math.min(this.last, size - 1) : size - 1;
			return new ByteRange(this.first, last - this.first + 1);
		}

	}

}
