package io.trunkline.table;

import java.util.List;

import io.trunkline.schema.ColumnInfo;

import org.springframework.data.relational.core.query.CriteriaDefinition.Comparator;

/**
 * What rows must meet.
 */
sealed interface Condition {

	/** Met by every row. */
	Condition TRUE = new Constant(true);

	/** Met by no row. */
	Condition FALSE = new Constant(false);

	/**
	 * Append the condition to a statement.
	 */
	void render(SqlStatement sql, TableColumns columns);

	/**
	 * One that does not look at the row.
	 *
	 * @param value whether it is met
	 */
	record Constant(boolean value) implements Condition {

		@Override
		public void render(SqlStatement sql, TableColumns columns) {
			sql.append(this.value ? "TRUE" : "FALSE");
		}

	}

	/**
	 * Several conditions, in parentheses.
	 *
	 * @param conjunction whether all of them must be met, else one
	 * @param parts the conditions, at least one
	 */
	record Composite(boolean conjunction, List<Condition> parts) implements Condition {

		@Override
		public void render(SqlStatement sql, TableColumns columns) {
			String separator = "(";
			for (Condition part : this.parts) {
				sql.append(separator);
				part.render(sql, columns);
				separator = this.conjunction ? " AND " : " OR ";
			}
			sql.append(")");
		}

	}

	/**
	 * A look at one column.
	 *
	 * @param column the column
	 * @param operator how it is compared
	 * @param values what it is compared to, none of them {@code null}
	 * @param ignoreCase whether upper and lower case are the same
	 */
	record Comparison(ColumnInfo column, Comparator operator, List<Object> values,
			boolean ignoreCase) implements Condition {

		@Override
		public void render(SqlStatement sql, TableColumns columns) {
			TableColumn target = columns.column(this.column.name());
			switch (this.operator) {
				case IS_NULL, IS_NOT_NULL, IS_TRUE, IS_FALSE ->
					sql.append(target.quoted()).append(" ").append(this.operator.getComparator());
				case IN, NOT_IN -> renderSet(sql, columns, target);
				case LIKE, NOT_LIKE -> renderPattern(sql, target);
				case BETWEEN, NOT_BETWEEN -> {
					sql.append(operand(target)).append(" ").append(this.operator.getComparator()).append(" ");
					value(sql, target, this.values.get(0));
					sql.append(" AND ");
					value(sql, target, this.values.get(1));
				}
				default -> {
					sql.append(operand(target))
						.append(" ")
						.append((this.operator == Comparator.NEQ) ? "<>" : this.operator.getComparator())
						.append(" ");
					value(sql, target, this.values.get(0));
				}
			}
		}

		private String operand(TableColumn target) {
			if (this.ignoreCase) {
				return "pg_catalog.upper(" + target.quoted() + "::pg_catalog.text)";
			}
			return target.codec().isPlainJson() ? target.quoted() + "::pg_catalog.jsonb" : target.quoted();
		}

		private void value(SqlStatement sql, TableColumn target, Object value) {
			if (this.ignoreCase) {
				sql.append("pg_catalog.upper(").text(target.codec().toText(value)).append(")");
			}
			else if (target.codec().isPlainJson()) {
				sql.text(target.codec().toText(value)).append("::pg_catalog.jsonb");
			}
			else {
				sql.value(target, value);
			}
		}

		private void renderPattern(SqlStatement sql, TableColumn target) {
			String text = target.quoted() + "::pg_catalog.text";
			sql.append(this.ignoreCase ? "pg_catalog.upper(" + text + ")" : text)
				.append(" ")
				.append(this.operator.getComparator())
				.append(" ")
				.append(this.ignoreCase ? "pg_catalog.upper(" : "")
				.text(SqlStatement.checked(this.values.get(0).toString(), "a pattern"))
				.append(this.ignoreCase ? ")" : "");
		}

		/**
		 * Compare to any number of values by one parameter, but where the values are
		 * arrays themselves.
		 */
		private void renderSet(SqlStatement sql, TableColumns columns, TableColumn target) {
			boolean in = this.operator == Comparator.IN;
			if (this.ignoreCase || target.codec().isArray() || target.codec().isPlainJson()) {
				List<Condition> parts = this.values.stream()
					.map((value) -> (Condition) new Comparison(this.column, in ? Comparator.EQ : Comparator.NEQ,
							List.of(value), this.ignoreCase))
					.toList();
				new Composite(!in, parts).render(sql, columns);
				return;
			}
			String[] texts = this.values.stream().map(target.codec()::toText).toArray(String[]::new);
			sql.append(target.quoted()).append(in ? " = ANY (" : " <> ALL (").texts(texts);
			sql.append(target.cast().isEmpty() ? "" : target.cast() + "[]").append(")");
		}

	}

}
