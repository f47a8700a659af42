package io.trunkline.sample.tables;

import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;

import org.springframework.data.relational.core.query.Criteria;
import org.springframework.data.relational.core.query.Criteria.CriteriaStep;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/**
 * How a parameter compares a column: {@code price=gte.5}. Where no operator stands before
 * the value, the column must equal it.
 */
enum RowOperator {

	/** Equal. */
	EQ(CriteriaStep::is),

	/** Not equal, and not null. */
	NEQ(CriteriaStep::not),

	/** Greater. */
	GT(CriteriaStep::greaterThan),

	/** Greater or equal. */
	GTE(CriteriaStep::greaterThanOrEquals),

	/** Less. */
	LT(CriteriaStep::lessThan),

	/** Less or equal. */
	LTE(CriteriaStep::lessThanOrEquals),

	/** Like a pattern of SQL. */
	LIKE(CriteriaStep::like),

	/** Like a pattern of SQL, in upper or lower case. */
	ILIKE((column, pattern) -> column.like(pattern).ignoreCase(true)),

	/** One of a list, divided by commas. */
	IN((column, list) -> column.in((Object[]) list(list).toArray(String[]::new))),

	/** {@code null}, {@code notnull}, {@code true} or {@code false}. */
	IS(RowOperator::is);

	private final BiFunction<CriteriaStep, String, Criteria> condition;

	RowOperator(BiFunction<CriteriaStep, String, Criteria> condition) {
		this.condition = condition;
	}

	/**
	 * Make a condition of a parameter.
	 * @param column the column
	 * @param text the operator with a dot and the value, or the value
	 */
	static Criteria condition(String column, String text) {
		CriteriaStep step = Criteria.where(column);
		for (RowOperator operator : values()) {
			String prefix = operator.name().toLowerCase(Locale.ROOT) + ".";
			if (text.startsWith(prefix)) {
				return operator.condition.apply(step, text.substring(prefix.length()));
			}
		}
		return EQ.condition.apply(step, text);
	}

	private static List<String> list(String text) {
		boolean inParentheses = text.startsWith("(") && text.endsWith(")");
		return NameList.names(inParentheses ? text.substring(1, text.length() - 1) : text, "in");
	}

	private static Criteria is(CriteriaStep column, String what) {
		return switch (what.toLowerCase(Locale.ROOT)) {
			case "null" -> column.isNull();
			case "notnull" -> column.isNotNull();
			case "true" -> column.isTrue();
			case "false" -> column.isFalse();
			default -> throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "'is." + what
					+ "' is none of is.null, is.notnull, is.true and is.false; a value that begins so is 'eq.is.'");
		};
	}

}
