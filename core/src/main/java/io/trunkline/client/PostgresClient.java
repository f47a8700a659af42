package io.trunkline.client;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Readable;
import io.trunkline.connection.ConnectionStatus;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.PostgresNotice;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.IncorrectResultSizeDataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * Runs SQL: eagerly, or as a stream that holds the server back, and in transactions that
 * are run again where another one was in the way.
 * <p>
 * Each call joins the Spring-managed transaction in the Reactor context, where there is
 * one for this connection factory. Where there is none it is a transaction of its own.
 * Cancelling stops a statement on the server and gives the connection back usable; in a
 * transaction that somebody else manages, the statement is left to end, a stream with the
 * page that is under way.
 * <p>
 * Errors are {@link DataAccessException}s chosen by SQLSTATE. Whether the connection may
 * still be used and whether the transaction may be run again is what
 * {@link io.trunkline.connection.PostgresErrors} says.
 *
 * @since 0.1.0
 */
public interface PostgresClient {

	/**
	 * Create an instance with the default settings.
	 * @param connectionFactory a connection factory of the PostgreSQL driver
	 * @return a new instance
	 */
	static PostgresClient create(ConnectionFactory connectionFactory) {
		return builder(PostgresConnections.create(connectionFactory)).build();
	}

	/**
	 * Return a builder.
	 * @param connections where the connections come from
	 * @return a new builder
	 */
	static Builder builder(PostgresConnections connections) {
		return new Builder(connections);
	}

	/**
	 * Begin to specify a statement.
	 * <p>
	 * Its parameters are either named, {@code :name}, or numbered, {@code $1}. They are
	 * found as the server reads SQL: not inside of strings, quoted names, comments and
	 * dollar quotes, and neither in {@code ::} nor {@code :=}. In a subscript a colon
	 * that touches what stands before it is a slice's: {@code a[1:n]} has no parameter,
	 * {@code a[1 :n]} and {@code a[:n]} have one. Several statements, divided by
	 * semicolons, can only be run without parameters.
	 * @param sql the statement
	 * @return its specification
	 */
	QuerySpec sql(String sql);

	/**
	 * Run work in a transaction as the server begins it, or in a savepoint of the current
	 * one.
	 * @param work from this client to what it produces; whatever else joins the
	 * transaction in the Reactor context belongs to it as well
	 * @param <T> the type of the results
	 * @return the work's results, as they come: before the commit
	 */
	<T> Flux<T> inTransaction(Function<? super PostgresClient, ? extends Publisher<? extends T>> work);

	/**
	 * Run work in a transaction, or in a savepoint of the current one.
	 * <p>
	 * An error or a cancellation of the work rolls back to where it began. A savepoint
	 * has the isolation level of its transaction and is not run again; options that ask
	 * for a level, read-only or deferrable are refused there.
	 * @param options how the transaction begins, how long it may take, and whether it is
	 * run again
	 * @param work from this client to what it produces; whatever else joins the
	 * transaction in the Reactor context belongs to it as well
	 * @param <T> the type of the results
	 * @return the work's results: as they come, or after the commit where the transaction
	 * can be run again
	 */
	<T> Flux<T> inTransaction(TransactionOptions options,
			Function<? super PostgresClient, ? extends Publisher<? extends T>> work);

	/**
	 * Find out what the connection is and does: that of the current transaction, else any
	 * one.
	 * @return the status; a lost connection is no error
	 */
	Mono<ConnectionStatus> status();

	/**
	 * A statement, its values, and how to fetch what it gives. Immutable: each method
	 * returns a new specification, which can be run many times.
	 * <p>
	 * A value can be anything that the driver has a codec for, an R2DBC
	 * {@link io.r2dbc.spi.Parameter}, or {@code null}, of which the server infers the
	 * type. A {@link java.util.Collection} is sent as an array, so that
	 * {@code = ANY(:ids)} takes it; its elements must be of one type.
	 * <p>
	 * What is wrong with the parameters is an {@link InvalidDataAccessApiUsageException}
	 * of the result that names them, before anything is sent: unknown, missing and extra
	 * ones, a text with a NUL character or without valid Unicode, a list of several
	 * types.
	 * <p>
	 * Rows become maps, in the order of the columns, in which the second column of a name
	 * is called {@code name_2}; objects of a type: the value of the single column for a
	 * type of values, else a record or bean by the names of its parts, with underscores
	 * or without; or what a mapper makes of them. The mapper must read what it needs
	 * before it returns.
	 */
	interface QuerySpec {

		/**
		 * Bind a named parameter.
		 * @param name its name, without colon
		 * @param value the value
		 * @return a new specification
		 */
		QuerySpec bind(String name, @Nullable Object value);

		/**
		 * Bind a numbered parameter.
		 * @param number its number, from 1
		 * @param value the value
		 * @return a new specification
		 */
		QuerySpec bind(int number, @Nullable Object value);

		/**
		 * Bind several named parameters.
		 * @param values the values by name
		 * @return a new specification
		 */
		QuerySpec bindAll(Map<String, ? extends @Nullable Object> values);

		/**
		 * Bind the numbered parameters from {@code $1} on.
		 * @param values the values
		 * @return a new specification
		 */
		QuerySpec params(@Nullable Object... values);

		/**
		 * Set how many rows to ask the server for at a time. A stream has the client's
		 * fetch size otherwise, what is fetched eagerly comes at once.
		 * @param rows the number of rows, 0 for all at once
		 * @return a new specification
		 */
		QuerySpec fetchSize(int rows);

		/**
		 * Read no more than a number of rows, and leave the others with the server.
		 * @param rows the number of rows, 0 for all
		 * @return a new specification
		 */
		QuerySpec maxRows(long rows);

		/**
		 * Be told what the server says beside the result, as it comes.
		 * @param notices told each notice; must not throw, nor block
		 * @return a new specification
		 */
		QuerySpec onNotice(Consumer<? super PostgresNotice> notices);

		/**
		 * Fetch all rows as maps.
		 * @return the rows
		 */
		Mono<List<Map<String, @Nullable Object>>> fetch();

		/**
		 * Fetch all rows as objects.
		 * @param type the type of a value, a record or a bean
		 * @param <T> the type
		 * @return the objects; {@code null} for a value that is null
		 */
		<T> Mono<List<@Nullable T>> fetch(Class<T> type);

		/**
		 * Fetch all rows.
		 * @param mapper from a row to a result
		 * @param <T> the type of the results
		 * @return what the mapper returned, {@code null} included
		 */
		<T> Mono<List<@Nullable T>> fetch(Function<? super Readable, ? extends @Nullable T> mapper);

		/**
		 * Fetch the only row as a map.
		 * @return the row, or nothing where there is none; an
		 * {@link IncorrectResultSizeDataAccessException} where there are several
		 */
		Mono<Map<String, @Nullable Object>> fetchOne();

		/**
		 * Fetch the only row as an object.
		 * @param type the type of a value, a record or a bean
		 * @param <T> the type
		 * @return the object, or nothing where there is no row or its value is null; an
		 * {@link IncorrectResultSizeDataAccessException} where there are several
		 */
		<T> Mono<T> fetchOne(Class<T> type);

		/**
		 * Fetch the only row.
		 * @param mapper from a row to a result
		 * @param <T> the type of the result
		 * @return what the mapper returned, or nothing where there is no row or that is
		 * null; an {@link IncorrectResultSizeDataAccessException} where there are several
		 */
		<T> Mono<T> fetchOne(Function<? super Readable, ? extends @Nullable T> mapper);

		/**
		 * Fetch the value of the only column of the only row.
		 * @param type the type of the value
		 * @param <T> the type
		 * @return the value, or nothing where there is no row or the value is null; an
		 * {@link IncorrectResultSizeDataAccessException} where there are several rows
		 */
		<T> Mono<T> fetchValue(Class<T> type);

		/**
		 * Stream the rows as maps. They are fetched page by page: while none is asked
		 * for, the server makes none beyond the page that it is at, and the connection is
		 * held.
		 * @return the rows
		 */
		Flux<Map<String, @Nullable Object>> stream();

		/**
		 * Stream the rows as objects, page by page.
		 * @param type the type of a value, a record or a bean
		 * @param <T> the type
		 * @return the objects; an {@link InvalidDataAccessApiUsageException} for a value
		 * that is null, which a stream cannot hold
		 */
		<T> Flux<T> stream(Class<T> type);

		/**
		 * Stream the rows, page by page.
		 * @param mapper from a row to a result
		 * @param <T> the type of the results
		 * @return what the mapper returned; an {@link InvalidDataAccessApiUsageException}
		 * where that is null
		 */
		<T> Flux<T> stream(Function<? super Readable, ? extends @Nullable T> mapper);

		/**
		 * Run the statement for its effect.
		 * @return how many rows the server reports: changed, merged, copied or selected;
		 * summed up over several statements
		 */
		Mono<Long> execute();

		/**
		 * Run the statement for what the server says beside its result, and leave the
		 * rows out.
		 * @return the notices, as they come
		 */
		Flux<PostgresNotice> notices();

	}

	/**
	 * Builds a {@link PostgresClient}.
	 */
	final class Builder {

		/**
		 * How many rows a stream asks for at a time by default.
		 */
		public static final int DEFAULT_FETCH_SIZE = 1000;

		private final PostgresConnections connections;

		private ObservationRegistry observationRegistry = ObservationRegistry.NOOP;

		private int fetchSize = DEFAULT_FETCH_SIZE;

		private TransactionRetry retry = TransactionRetry.DEFAULT;

		Builder(PostgresConnections connections) {
			Assert.notNull(connections, "'connections' must not be null");
			this.connections = connections;
		}

		/**
		 * Observe statements as {@code trunkline.query} and transactions as
		 * {@code trunkline.transaction}.
		 * @param observationRegistry where to observe, nowhere by default
		 * @return this builder
		 */
		public Builder observationRegistry(ObservationRegistry observationRegistry) {
			Assert.notNull(observationRegistry, "'observationRegistry' must not be null");
			this.observationRegistry = observationRegistry;
			return this;
		}

		/**
		 * Set how many rows a stream asks the server for at a time.
		 * @param rows the number of rows, more than 0
		 * @return this builder
		 */
		public Builder fetchSize(int rows) {
			Assert.isTrue(rows > 0, () -> "'fetchSize' is " + rows + ": give 1 row or more");
			this.fetchSize = rows;
			return this;
		}

		/**
		 * Set how transactions are run again that ask for it.
		 * @param retry how often, and after which pauses
		 * @return this builder
		 */
		public Builder retry(TransactionRetry retry) {
			Assert.notNull(retry, "'retry' must not be null");
			this.retry = retry;
			return this;
		}

		/**
		 * Build the client.
		 * @return a new instance
		 */
		public PostgresClient build() {
			return new DefaultPostgresClient(this.connections, this.observationRegistry, this.fetchSize, this.retry);
		}

	}

}
