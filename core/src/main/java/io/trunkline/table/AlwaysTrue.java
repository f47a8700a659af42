package io.trunkline.table;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Kind;
import io.trunkline.table.Condition.Comparison;
import io.trunkline.table.Condition.Composite;
import io.trunkline.table.Condition.Constant;
import org.jspecify.annotations.Nullable;

import org.springframework.data.relational.core.query.CriteriaDefinition.Comparator;

/**
 * Tells conditions that hold for every possible row. Each column is tried with the values
 * that the condition names, with those between and beside them, and with null where it
 * may be: more kinds of rows the condition cannot tell apart.
 */
final class AlwaysTrue {

	/** Beyond this a condition is taken to hold always, as it cannot be told. */
	private static final int MAX_ROWS = 200_000;

	private static final Object NULL = new Object();

	private static final Map<String, BigDecimal> GREATEST = Map.of("int2", BigDecimal.valueOf(Short.MAX_VALUE), "int4",
			BigDecimal.valueOf(Integer.MAX_VALUE), "int8", BigDecimal.valueOf(Long.MAX_VALUE));

	private final Condition condition;

	private final Map<ColumnInfo, List<Object>> candidates = new LinkedHashMap<>();

	private AlwaysTrue(Condition condition) {
		this.condition = condition;
		Map<ColumnInfo, List<Comparison>> comparisons = new LinkedHashMap<>();
		collect(condition, comparisons);
		comparisons.forEach((column, list) -> this.candidates.put(column, candidates(column, list)));
	}

	/**
	 * Whether a condition holds for every row, or cannot be told from one that does.
	 */
	static boolean test(Condition condition) {
		if (condition instanceof Constant constant) {
			return constant.value();
		}
		if (condition instanceof Composite composite && composite.conjunction()) {
			return composite.parts().stream().allMatch(AlwaysTrue::test);
		}
		if (condition instanceof Comparison comparison && comparison.operator() == Comparator.EQ) {
			return false;
		}
		return new AlwaysTrue(condition).holdsForAll();
	}

	private static void collect(Condition condition, Map<ColumnInfo, List<Comparison>> comparisons) {
		if (condition instanceof Comparison comparison) {
			comparisons.computeIfAbsent(comparison.column(), (column) -> new ArrayList<>()).add(comparison);
		}
		else if (condition instanceof Composite composite) {
			composite.parts().forEach((part) -> collect(part, comparisons));
		}
	}

	/**
	 * Return values of a column, the most unlikely to be met first.
	 */
	private static List<Object> candidates(ColumnInfo column, List<Comparison> comparisons) {
		List<Object> candidates = new ArrayList<>();
		if (column.nullable()) {
			candidates.add(NULL);
		}
		TypeInfo type = column.type().withoutDomains();
		if (type.kind() == Kind.ENUM) {
			type.labels().forEach((label) -> candidates.add(new Value(label, 0, label)));
			return candidates;
		}
		if (type.name().equals("bool")) {
			candidates.add(new Value(key(Boolean.TRUE), 0, null));
			candidates.add(new Value(key(Boolean.FALSE), 0, null));
			return candidates;
		}
		TreeSet<Comparable<Object>> keys = new TreeSet<>(AlwaysTrue::compare);
		comparisons.forEach((comparison) -> comparison.values().forEach((value) -> keys.add(key(value))));
		BigDecimal greatest = GREATEST.get(type.name());
		if (greatest != null && keys.stream().allMatch(BigDecimal.class::isInstance)) {
			integers(keys, greatest, candidates);
			return candidates;
		}
		if (keys.isEmpty()) {
			candidates.add(new Value("", 0, null));
		}
		for (Comparable<Object> key : keys) {
			candidates.add(new Value(key, -1, null));
			candidates.add(new Value(key, 1, null));
		}
		keys.forEach((key) -> candidates.add(new Value(key, 0, null)));
		return candidates;
	}

	private static void integers(TreeSet<Comparable<Object>> keys, BigDecimal greatest, List<Object> candidates) {
		BigDecimal least = greatest.negate().subtract(BigDecimal.ONE);
		TreeSet<BigDecimal> values = new TreeSet<>(List.of(least, greatest));
		for (Object key : keys) {
			BigDecimal value = (BigDecimal) key;
			BigDecimal floor = value.setScale(0, RoundingMode.FLOOR);
			values.addAll(List.of(floor.subtract(BigDecimal.ONE), floor, floor.add(BigDecimal.ONE)));
		}
		values.stream()
			.filter((value) -> value.compareTo(least) >= 0 && value.compareTo(greatest) <= 0)
			.forEach((value) -> candidates.add(new Value(value, 0, null)));
	}

	@SuppressWarnings("unchecked")
	private static Comparable<Object> key(Object value) {
		if (value instanceof Number || value instanceof CharSequence) {
			try {
				return (Comparable<Object>) (Comparable<?>) new BigDecimal(value.toString().strip());
			}
			catch (NumberFormatException ex) {
				return (Comparable<Object>) (Comparable<?>) value.toString();
			}
		}
		return (Comparable<Object>) (Comparable<?>) ((value instanceof Enum<?> constant) ? constant.name()
				: value.toString());
	}

	private static int compare(Object left, Object right) {
		if (left instanceof BigDecimal one && right instanceof BigDecimal other) {
			return one.compareTo(other);
		}
		return left.toString().compareTo(right.toString());
	}

	private List<Object> candidates(ColumnInfo column) {
		return Objects.requireNonNull(this.candidates.get(column));
	}

	private boolean holdsForAll() {
		List<ColumnInfo> columns = List.copyOf(this.candidates.keySet());
		int[] choice = new int[columns.size()];
		Map<ColumnInfo, Object> row = new LinkedHashMap<>();
		columns.forEach((column) -> row.put(column, candidates(column).get(0)));
		for (int rows = 0; rows < MAX_ROWS; rows++) {
			if (!Boolean.TRUE.equals(evaluate(this.condition, row))) {
				return false;
			}
			int next = 0;
			while (next < choice.length) {
				List<Object> values = candidates(columns.get(next));
				choice[next] = (choice[next] + 1) % values.size();
				row.put(columns.get(next), values.get(choice[next]));
				if (choice[next] != 0) {
					break;
				}
				next++;
			}
			if (next == choice.length) {
				return true;
			}
		}
		return true;
	}

	/**
	 * Evaluate a condition as SQL does.
	 * @return {@code null} for unknown
	 */
	private static @Nullable Boolean evaluate(Condition condition, Map<ColumnInfo, Object> row) {
		if (condition instanceof Constant constant) {
			return constant.value();
		}
		if (condition instanceof Comparison comparison) {
			return evaluate(comparison, row.get(comparison.column()));
		}
		Composite composite = (Composite) condition;
		boolean unknown = false;
		for (Condition part : composite.parts()) {
			Boolean value = evaluate(part, row);
			if (value == null) {
				unknown = true;
			}
			else if (value != composite.conjunction()) {
				return value;
			}
		}
		return unknown ? null : Boolean.valueOf(composite.conjunction());
	}

	private static @Nullable Boolean evaluate(Comparison comparison, @Nullable Object candidate) {
		switch (comparison.operator()) {
			case IS_NULL:
				return candidate == NULL;
			case IS_NOT_NULL:
				return candidate != NULL;
			default:
				break;
		}
		if (!(candidate instanceof Value value)) {
			return switch (comparison.operator()) {
				case IS_TRUE, IS_FALSE -> Boolean.FALSE;
				default -> null;
			};
		}
		List<Object> values = comparison.values();
		return switch (comparison.operator()) {
			case IS_TRUE -> value.compareTo(key(Boolean.TRUE)) == 0;
			case IS_FALSE -> value.compareTo(key(Boolean.FALSE)) == 0;
			case EQ -> value.compareTo(key(values.get(0))) == 0;
			case NEQ -> value.compareTo(key(values.get(0))) != 0;
			case LT -> value.compareTo(key(values.get(0))) < 0;
			case LTE -> value.compareTo(key(values.get(0))) <= 0;
			case GT -> value.compareTo(key(values.get(0))) > 0;
			case GTE -> value.compareTo(key(values.get(0))) >= 0;
			case IN -> values.stream().anyMatch((element) -> value.compareTo(key(element)) == 0);
			case NOT_IN -> values.stream().noneMatch((element) -> value.compareTo(key(element)) == 0);
			case BETWEEN -> between(value, values);
			case NOT_BETWEEN -> !between(value, values);
			case LIKE -> matches(value, values.get(0));
			case NOT_LIKE -> !matches(value, values.get(0));
			default -> Boolean.FALSE;
		};
	}

	private static boolean between(Value value, List<Object> bounds) {
		return value.compareTo(key(bounds.get(0))) >= 0 && value.compareTo(key(bounds.get(1))) <= 0;
	}

	/**
	 * Take every pattern but those of percent signs only for one that the pattern's own
	 * text matches and its neighbours do not.
	 */
	private static boolean matches(Value value, Object pattern) {
		String text = pattern.toString();
		return (!text.isEmpty() && text.chars().allMatch((character) -> character == '%'))
				|| value.compareTo(key(pattern)) == 0;
	}

	/**
	 * A value of a column.
	 *
	 * @param key what it is or stands beside
	 * @param side less than 0 for right before the key, more than 0 for right behind it
	 * @param label the label of an enum, else {@code null}
	 */
	private record Value(Object key, int side, @Nullable String label) {

		int compareTo(Object other) {
			int order = compare(this.key, other);
			return (order != 0) ? order : this.side;
		}

	}

}
