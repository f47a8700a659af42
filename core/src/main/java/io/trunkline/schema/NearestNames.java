package io.trunkline.schema;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds what a mistyped name was meant to be.
 */
final class NearestNames {

	private static final int MOST = 3;

	private static final int SHOWN = 100;

	private NearestNames() {
	}

	/**
	 * Return the names that differ least, best first, none that differs by more than a
	 * third. Case counts for nothing: it is what is wrong most often.
	 */
	static List<String> of(String wanted, Collection<String> names) {
		return of(wanted, names.stream().map((name) -> new Candidate(name, name, 0)));
	}

	/**
	 * Return what a name was meant to be, as {@link TableName#parse} takes it. The same
	 * name in another schema is near, one of the right schema nearer.
	 * @param rows what there is: schema, name, and whether the schema was searched
	 */
	static List<String> of(TableName wanted, List<CatalogRow> rows) {
		return of(wanted.name(), rows.stream().map((row) -> {
			boolean inPath = wanted.schema() == null && row.flag(2);
			String shown = new TableName(inPath ? null : row.text(0), row.text(1)).toString();
			return new Candidate(shown, row.text(1), row.flag(2) ? 0 : 1);
		}));
	}

	private static List<String> of(String wanted, Stream<Candidate> candidates) {
		String lower = wanted.toLowerCase(Locale.ROOT);
		int limit = Math.max(1, lower.length() / 3);
		return candidates.map((candidate) -> candidate.comparedWith(lower, limit))
			.filter((candidate) -> candidate.distance <= limit)
			.sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::shown))
			.map(Candidate::shown)
			.distinct()
			.limit(MOST)
			.toList();
	}

	static String searched(TableName wanted) {
		return (wanted.schema() != null) ? "the schema [" + wanted.schema() + "]" : "the search path";
	}

	static String join(List<String> names) {
		return names.stream().map((name) -> "[" + name + "]").collect(Collectors.joining(" or "));
	}

	static String shorten(String name) {
		return (name.length() > SHOWN) ? name.substring(0, SHOWN) + "…" : name;
	}

	/**
	 * Count the insertions, deletions, replacements and swaps of neighbours between two
	 * names; more than the limit is only known to be more.
	 */
	private static int distance(String left, String right, int limit) {
		if (Math.abs(left.length() - right.length()) > limit) {
			return limit + 1;
		}
		int[] beforePrevious = new int[right.length() + 1];
		int[] previous = new int[right.length() + 1];
		int[] current = new int[right.length() + 1];
		for (int j = 0; j <= right.length(); j++) {
			previous[j] = j;
		}
		for (int i = 1; i <= left.length(); i++) {
			current[0] = i;
			for (int j = 1; j <= right.length(); j++) {
				int replaced = previous[j - 1] + ((left.charAt(i - 1) != right.charAt(j - 1)) ? 1 : 0);
				current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
				if (isSwap(left, i, right, j)) {
					current[j] = Math.min(current[j], 1 + beforePrevious[j - 2]);
				}
			}
			int[] oldest = beforePrevious;
			beforePrevious = previous;
			previous = current;
			current = oldest;
		}
		return previous[right.length()];
	}

	private static boolean isSwap(String left, int i, String right, int j) {
		return i > 1 && j > 1 && left.charAt(i - 1) == right.charAt(j - 2) && left.charAt(i - 2) == right.charAt(j - 1);
	}

	/**
	 * A name that may have been meant.
	 *
	 * @param distance how far it is from that in advance
	 */
	private record Candidate(String shown, String compared, int distance) {

		Candidate comparedWith(String lower, int limit) {
			return new Candidate(this.shown, this.compared,
					this.distance + NearestNames.distance(lower, this.compared.toLowerCase(Locale.ROOT), limit));
		}

	}

}
