package io.trunkline.table;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.relational.core.query.CriteriaDefinition;
import org.springframework.data.relational.core.query.CriteriaDefinition.Combinator;
import org.springframework.data.relational.core.query.CriteriaDefinition.Comparator;
import org.springframework.data.relational.core.query.ValueFunction;
import org.springframework.data.relational.core.dialect.Escaper;
import org.springframework.data.util.Pair;
import org.springframework.util.ObjectUtils;

/**
 * A condition as the application gives it, which knows no table yet.
 */
final class Where {

	/** No condition at all. */
	static final Where NONE = new Where(null, null);

	private final @Nullable List<Map<String, @Nullable Object>> maps;

	private final @Nullable CriteriaDefinition criteria;

	private Where(@Nullable List<Map<String, @Nullable Object>> maps, @Nullable CriteriaDefinition criteria) {
		this.maps = maps;
		this.criteria = criteria;
	}

	static Where of(@Nullable Map<String, ?> map) {
		if (map == null) {
			throw missing("a map");
		}
		return new Where(List.of(copy(map)), null);
	}

	static Where of(@Nullable Collection<? extends Map<String, ?>> maps) {
		if (maps == null) {
			throw missing("a list of maps");
		}
		if (maps.isEmpty()) {
			throw new InvalidDataAccessApiUsageException(
					"'where' is an empty list, which says neither all rows nor none: give at least one map");
		}
		List<Map<String, @Nullable Object>> copies = new ArrayList<>();
		for (Map<String, ?> map : maps) {
			if (map == null) {
				throw missing("a map in the list");
			}
			copies.add(copy(map));
		}
		return new Where(copies, null);
	}

	static Where of(@Nullable CriteriaDefinition criteria) {
		if (criteria == null) {
			throw missing("a Criteria");
		}
		return new Where(null, criteria);
	}

	private static InvalidDataAccessApiUsageException missing(String expected) {
		return new InvalidDataAccessApiUsageException("'where' must not be null: give " + expected);
	}

	private static Map<String, @Nullable Object> copy(Map<String, ?> map) {
		return Collections.unmodifiableMap(new LinkedHashMap<>(map));
	}

	/**
	 * Return the condition on a table, {@link Condition#TRUE} for none.
	 */
	Condition on(TableColumns table) {
		if (this.criteria != null) {
			return criteria(this.criteria, table);
		}
		if (this.maps == null) {
			return Condition.TRUE;
		}
		List<Condition> alternatives = new ArrayList<>();
		for (Map<String, @Nullable Object> map : this.maps) {
			List<Condition> parts = new ArrayList<>();
			map.forEach((column, value) -> parts.add(equal(table.column(column), value)));
			alternatives.add(composite(true, parts));
		}
		return composite(false, alternatives);
	}

	/**
	 * Return a condition on a table that does not hold for all rows as a matter of logic.
	 * @param operation what it is for
	 */
	Condition restricting(TableColumns table, String operation) {
		Condition condition = on(table);
		if (AlwaysTrue.test(condition)) {
			throw new InvalidDataAccessApiUsageException(
					"The condition of the %s of [%s] is empty or holds for every row, so that all rows would be hit: give one that tells rows apart%s"
						.formatted(operation, table.info().tableName(),
								operation.equals("delete") ? ", or use deleteAll with the password" : ""));
		}
		return condition;
	}

	/**
	 * Combine conditions, and leave constants out where they do not matter.
	 */
	private static Condition composite(boolean conjunction, List<Condition> parts) {
		Condition neutral = conjunction ? Condition.TRUE : Condition.FALSE;
		Condition absorbing = conjunction ? Condition.FALSE : Condition.TRUE;
		if (parts.contains(absorbing)) {
			return absorbing;
		}
		List<Condition> relevant = parts.stream().filter((part) -> !part.equals(neutral)).toList();
		return relevant.isEmpty() ? neutral
				: (relevant.size() == 1) ? relevant.get(0) : new Condition.Composite(conjunction, relevant);
	}

	private static Condition equal(TableColumn column, @Nullable Object value) {
		if (value == null) {
			return comparison(column, Comparator.IS_NULL, List.of(), false);
		}
		List<@Nullable Object> values = elements(value);
		boolean ownArray = column.codec().isArray() && values != null
				&& values.stream().noneMatch((element) -> element != null && elements(element) != null);
		if (values == null || ownArray || value instanceof byte[] || value instanceof char[]) {
			return comparison(column, Comparator.EQ, List.of(value), false);
		}
		return in(column, Comparator.IN, values, false);
	}

	private static @Nullable List<@Nullable Object> elements(Object value) {
		if (value instanceof Collection<?> collection) {
			return new ArrayList<>(collection);
		}
		return value.getClass().isArray() ? Arrays.asList(ObjectUtils.toObjectArray(value)) : null;
	}

	private static Condition in(TableColumn column, Comparator operator, List<@Nullable Object> values,
			boolean ignoreCase) {
		boolean in = operator == Comparator.IN;
		List<Object> present = new ArrayList<>();
		values.stream().filter((value) -> value != null).forEach(present::add);
		List<Condition> parts = new ArrayList<>();
		if (!present.isEmpty()) {
			parts.add(comparison(column, operator, present, ignoreCase));
		}
		if (present.size() < values.size()) {
			parts.add(comparison(column, in ? Comparator.IS_NULL : Comparator.IS_NOT_NULL, List.of(), false));
		}
		return composite(!in, parts);
	}

	private static Condition comparison(TableColumn column, Comparator operator, List<Object> values,
			boolean ignoreCase) {
		return new Condition.Comparison(column.info(), operator, values, ignoreCase);
	}

	/**
	 * Return the condition of a chain, in which AND binds more closely than OR, as in
	 * Spring Data.
	 */
	private static Condition criteria(CriteriaDefinition last, TableColumns table) {
		List<CriteriaDefinition> chain = new ArrayList<>();
		for (CriteriaDefinition current = last; current != null; current = current.hasPrevious() ? current.getPrevious()
				: null) {
			chain.add(0, current);
		}
		List<Condition> alternatives = new ArrayList<>();
		List<Condition> parts = new ArrayList<>();
		boolean empty = true;
		for (CriteriaDefinition current : chain) {
			Condition condition = current.isGroup() ? group(current, table)
					: isComparison(current) ? single(current, table) : null;
			if (condition == null) {
				continue;
			}
			if (!empty && current.getCombinator() == Combinator.OR) {
				alternatives.add(composite(true, parts));
				parts = new ArrayList<>();
			}
			parts.add(condition);
			empty = false;
		}
		alternatives.add(composite(true, parts));
		return composite(false, alternatives);
	}

	private static boolean isComparison(CriteriaDefinition criteria) {
		return criteria.getColumn() != null && criteria.getComparator() != null
				&& criteria.getComparator() != Comparator.INITIAL;
	}

	private static @Nullable Condition group(CriteriaDefinition group, TableColumns table) {
		Condition combined = null;
		List<Condition> alternatives = new ArrayList<>();
		List<Condition> parts = new ArrayList<>();
		for (CriteriaDefinition member : group.getGroup()) {
			if (member.isEmpty()) {
				continue;
			}
			if (!parts.isEmpty() && member.getCombinator() == Combinator.OR) {
				alternatives.add(composite(true, parts));
				parts = new ArrayList<>();
			}
			parts.add(criteria(member, table));
			combined = Condition.TRUE;
		}
		if (combined == null) {
			return null;
		}
		alternatives.add(composite(true, parts));
		return composite(false, alternatives);
	}

	private static Condition single(CriteriaDefinition criteria, TableColumns table) {
		TableColumn column = table.column(Objects.requireNonNull(criteria.getColumn()).getReference());
		Comparator operator = Objects.requireNonNull(criteria.getComparator());
		Object value = value(criteria.getValue());
		boolean ignoreCase = criteria.isIgnoreCase();
		switch (operator) {
			case IS_NULL, IS_NOT_NULL, IS_TRUE, IS_FALSE:
				return comparison(column, operator, List.of(), false);
			case IN, NOT_IN:
				List<@Nullable Object> values = (value != null) ? elements(value) : null;
				return in(column, operator, (values != null) ? values : Collections.singletonList(value), ignoreCase);
			case BETWEEN, NOT_BETWEEN:
				Pair<?, ?> bounds = (Pair<?, ?>) Objects.requireNonNull(value);
				return comparison(column, operator, List.of(bounds.getFirst(), bounds.getSecond()), ignoreCase);
			default:
				if (value == null) {
					throw new InvalidDataAccessApiUsageException(
							"The condition on [" + column.name() + "] compares to null: use isNull() or isNotNull()");
				}
				return comparison(column, operator, List.of(value), ignoreCase);
		}
	}

	private static @Nullable Object value(@Nullable Object value) {
		return (value instanceof ValueFunction<?> function) ? function.apply(Escaper.DEFAULT) : value;
	}

}
