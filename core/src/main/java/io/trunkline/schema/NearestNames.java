package io.trunkline.schema;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

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
	 * third. Case counts for little: it is what is wrong most often.
	 */
	static List<String> of(String wanted, Collection<String> names) {
		String lower = wanted.toLowerCase(Locale.ROOT);
		int limit = Math.max(1, lower.length() / 3);
		return names.stream()
			.map((name) -> new Candidate(name, distance(lower, name.toLowerCase(Locale.ROOT), limit)))
			.filter((candidate) -> candidate.distance <= limit)
			.sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
			.map(Candidate::name)
			.distinct()
			.limit(MOST)
			.toList();
	}

	/**
	 * Make the error for a name that no table has.
	 * @param candidates the tables there are: schema, name, and whether the schema was
	 * searched
	 */
	static TableNotFoundException notFound(TableName wanted, List<CatalogRow> candidates) {
		Set<String> names = new LinkedHashSet<>();
		for (CatalogRow row : candidates) {
			if (wanted.schema() == null && row.flag(2)) {
				names.add(new TableName(null, row.text(1)).toString());
			}
			else {
				names.add(new TableName(row.text(0), row.text(1)).toString());
			}
		}
		String text = wanted.toString();
		List<String> nearest = new ArrayList<>(of(text, names));
		// The right name in another schema is nearer than a wrong one in this.
		names.stream()
			.filter((name) -> TableName.parse(name).name().equals(wanted.name()) && !nearest.contains(name))
			.limit(MOST)
			.forEach(nearest::add);
		return new TableNotFoundException(wanted,
				(wanted.schema() != null) ? "the schema [" + wanted.schema() + "]" : "the search path", nearest);
	}

	static String join(List<String> names) {
		return names.stream().map((name) -> "[" + name + "]").collect(Collectors.joining(" or "));
	}

	static String shorten(String name) {
		return (name.length() > SHOWN) ? name.substring(0, SHOWN) + "…" : name;
	}

	/**
	 * Count the insertions, deletions and replacements between two names; more than the
	 * limit is only known to be more.
	 */
	private static int distance(String left, String right, int limit) {
		if (Math.abs(left.length() - right.length()) > limit) {
			return limit + 1;
		}
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
			}
			int[] swap = previous;
			previous = current;
			current = swap;
		}
		return previous[right.length()];
	}

	private record Candidate(String name, int distance) {
	}

}
