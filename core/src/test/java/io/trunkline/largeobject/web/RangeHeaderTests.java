package io.trunkline.largeobject.web;

import java.util.Collections;
import java.util.List;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link RangeHeader}.
 */
class RangeHeaderTests {

	private static final long SIZE = 10_000;

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			bytes=0-0            | 0    | 1
			bytes=0-             | 0    | 10000
			bytes=0-9999         | 0    | 10000
			bytes=9999-          | 9999 | 1
			bytes=9999-20000     | 9999 | 1
			bytes=-1             | 9999 | 1
			bytes=-10000         | 0    | 10000
			bytes=-10001         | 0    | 10000
			bytes=500-499999999999999999999999 | 500 | 9500
			bytes=-99999999999999999999        | 0   | 10000
			BYTES=0007-0008      | 7    | 2
			bytes= , 1-2 ,,      | 1    | 2
			bytes=20000-,5-6     | 5    | 2
			""")
	void resolvesOneRange(String value, long first, long length) {
		assertThat(resolve(value, SIZE)).containsExactly(new ByteRange(first, length));
	}

	@ParameterizedTest
	@ValueSource(strings = { "bytes=", "bytes=,", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=1-2,x", "bytes=1 - 2",
			"bytes=--1", "bytes=+1-2", "bytes=1-2;3-4", "lines=1-2", "bytes 1-2", "", "bytes=\u0661-\u0662" })
	void ignoresWhatIsMalformedOrOfAnotherUnit(String value) {
		assertThat(RangeHeader.parse(List.of(value))).isNull();
	}

	@Test
	void ignoresSeveralLinesAndNone() {
		assertThat(RangeHeader.parse(List.of("bytes=0-1", "bytes=2-3"))).isNull();
		assertThat(RangeHeader.parse(null)).isNull();
	}

	@Test
	void ignoresMoreRangesThanItsLimit() {
		assertThat(RangeHeader.parse(List.of(ranges(RangeHeader.MAX_RANGES)))).isNotNull();
		assertThat(RangeHeader.parse(List.of(ranges(RangeHeader.MAX_RANGES + 1)))).isNull();
	}

	private static String ranges(int count) {
		return "bytes=" + String.join(",", Collections.nCopies(count, "0-1"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=99999999999999999999-" })
	void findsNothingPastTheEnd(String value) {
		assertThat(resolve(value, SIZE)).isEmpty();
	}

	@Test
	void keepsTheOrderOfSeveralRanges() {
		assertThat(resolve("bytes=5000-5009,0-9,-10", SIZE)).containsExactly(new ByteRange(5000, 10),
				new ByteRange(0, 10), new ByteRange(9990, 10));
	}

	@Test
	void joinsRangesThatOverlapOrNearlyTouch() {
		assertThat(resolve("bytes=5000-5009,0-9,5005-5020,60-69", SIZE)).containsExactly(new ByteRange(5000, 21),
				new ByteRange(0, 70));
	}

	@Test
	void joinsRangesThatAThirdOneBridges() {
		assertThat(resolve("bytes=0-9,1000-1009,5000-5001,5-1005", SIZE)).containsExactly(new ByteRange(0, 1010),
				new ByteRange(5000, 2));
	}

	@Test
	void neverSendsMoreThanThereIs() {
		assertThat(resolve("bytes=0-,0-,0-,-5000,1-", SIZE)).containsExactly(new ByteRange(0, SIZE));
	}

	@Test
	void tellsWhatEmptyContentSatisfies() {
		assertThat(resolve("bytes=-5", 0)).isEmpty();
		assertThat(parse("bytes=-5").hasSuffix()).isTrue();
		assertThat(parse("bytes=-0").hasSuffix()).isFalse();
		assertThat(parse("bytes=0-").hasSuffix()).isFalse();
	}

	private static List<ByteRange> resolve(String value, long size) {
		return parse(value).resolve(size);
	}

	private static RangeHeader parse(String value) {
		return Objects.requireNonNull(RangeHeader.parse(List.of(value)));
	}

}
