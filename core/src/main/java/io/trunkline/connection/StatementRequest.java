package io.trunkline.connection;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * A statement with its values, and how to fetch what it gives. Immutable.
 *
 * @param sql the statement, with parameters {@code $1}, {@code $2}, …
 * @param parameters what to bind, in the order of their numbers
 * @param fetchSize how many rows to ask the server for at a time; 0 for all of them at
 * once
 * @param maxRows how many rows to read at most, 0 for all; what is beyond is not fetched
 * @param notices told what the server says beside the result; must not throw, nor block
 * @since 0.1.0
 */
public record StatementRequest(String sql, List<StatementParameter> parameters, int fetchSize, long maxRows,
		@Nullable Consumer<? super PostgresNotice> notices) {

	public StatementRequest {
		Assert.notNull(sql, "'sql' must not be null");
		Assert.isTrue(fetchSize >= 0, () -> "'fetchSize' is " + fetchSize + ": give 0 or more rows");
		Assert.isTrue(maxRows >= 0, () -> "'maxRows' is " + maxRows + ": give 0 or more rows");
		parameters = Collections.unmodifiableList(new ArrayList<>(parameters));
	}

	/**
	 * Make a request that fetches all rows at once.
	 * @param sql the statement, with parameters {@code $1}, {@code $2}, …
	 * @param values what to bind; {@code null} is an SQL null of the type that the server
	 * infers
	 * @return the request
	 */
	public static StatementRequest of(String sql, @Nullable Object... values) {
		List<StatementParameter> parameters = new ArrayList<>(values.length);
		Arrays.stream(values)
			.forEach((value) -> parameters.add(new StatementParameter("$" + (parameters.size() + 1), value)));
		return new StatementRequest(sql, parameters, 0, 0, null);
	}

	/**
	 * Return the request with a fetch size.
	 * @param rows how many rows to ask the server for at a time; 0 for all of them at
	 * once
	 * @return the request
	 */
	public StatementRequest fetchSize(int rows) {
		return new StatementRequest(this.sql, this.parameters, rows, this.maxRows, this.notices);
	}

	/**
	 * Return how many rows to ask for at a time, so that a limit is not passed by more
	 * than it has to be.
	 */
	int pageSize() {
		if (this.maxRows == 0) {
			return this.fetchSize;
		}
		long page = (this.fetchSize > 0) ? Math.min(this.fetchSize, this.maxRows) : this.maxRows;
		return (int) Math.min(page, Integer.MAX_VALUE);
	}

	/**
	 * A value to bind.
	 *
	 * @param label what errors call it, such as {@code :name}
	 * @param value the value, or an R2DBC {@link io.r2dbc.spi.Parameter}; {@code null}
	 * for an SQL null of the type that the server infers
	 */
	public record StatementParameter(String label, @Nullable Object value) {

		/**
		 * The value can be anybody's secret.
		 */
		@Override
		public String toString() {
			return this.label;
		}

	}

}
