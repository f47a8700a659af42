package io.trunkline.schema;

import java.time.Duration;
import java.util.List;
import java.util.function.Function;

import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.util.Assert;

/**
 * Tells what the database is made of.
 * <p>
 * <b>Names</b> are those of {@link TableName#parse}: {@code table}, searched for as the
 * server does along the {@code search_path}, or {@code schema.table}. Nothing is asked of
 * the role but what every role may do. Listings leave out what the role has no right to.
 * <p>
 * <b>What was read is remembered</b>, so that looking a known table up needs no round
 * trip. Each entry has a version, which is made from the transactions that wrote the
 * table's rows in the catalogue, and which one small statement compares.
 * <ul>
 * <li>{@link #table} compares it when that was last done longer than
 * {@link Builder#verifyAfter} ago, a second by default: a change is seen within that
 * time.</li>
 * <li>{@link #withTable} does not wait for that. It uses what it knows and, when the work
 * fails in a way that a change can cause, compares, reads the table again and runs the
 * work once more.</li>
 * <li>Inside a transaction both compare every time, for the transaction itself may have
 * changed the table. What it reads is its own until it commits.</li>
 * </ul>
 * Who asks for a table outside of a transaction while it is read for somebody else gets
 * what that read brings, if it began within {@link Builder#verifyAfter}.
 * <p>
 * Outside of transactions all connections are taken to have the same {@code search_path}.
 * Temporary tables are read each time.
 * <p>
 * A look-up inside a transaction needs the transaction's connection: do it before a
 * stream of rows is opened there, not while one is read.
 *
 * @since 0.1.0
 */
public interface SchemaCatalog {

	/**
	 * Create an instance with the default settings. Have one for a connection factory, as
	 * it remembers what it has read.
	 * @param connectionFactory a connection factory of the PostgreSQL driver
	 * @return a new instance
	 */
	static SchemaCatalog create(ConnectionFactory connectionFactory) {
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
	 * Look a table or view up.
	 * @param table its name
	 * @return the table; a {@link TableNotFoundException} that offers the nearest names
	 * when there is none, a {@link PermissionDeniedDataAccessException} when the role has
	 * no right to it at all
	 * @throws IllegalArgumentException when the name cannot be one
	 */
	Mono<TableInfo> table(String table);

	/**
	 * Run work that stands on what is known of a table, and run it once more with the
	 * table's new shape when it fails since the table has changed.
	 * <p>
	 * The work must leave nothing behind when it fails, as one statement does. It is not
	 * repeated when it has produced a result before it failed, nor inside a transaction,
	 * which the error has ended; the table is compared before the work there.
	 * @param table its name
	 * @param work from the table to what it produces
	 * @param <T> the type of the results
	 * @return the work's results, or the errors of {@link #table}
	 * @throws IllegalArgumentException when the name cannot be one
	 */
	<T> Flux<T> withTable(String table, Function<? super TableInfo, ? extends Publisher<? extends T>> work);

	/**
	 * Read all tables and views, of the chosen schemas and patterns, in one statement.
	 * All of them are held in memory. Outside of a transaction they are remembered, so
	 * that this warms the catalogue.
	 * @return the tables by schema and name
	 */
	Flux<TableInfo> tables();

	/**
	 * Read the enums, domains, composite types, ranges and multiranges of the chosen
	 * schemas.
	 * @return the types by schema and name
	 */
	Flux<TypeInfo> types();

	/**
	 * Look types up by their oids, such as those that the driver tells of the columns of
	 * a result. The server's own types are remembered, all others are read each time, in
	 * one statement.
	 * @param oids the oids
	 * @return the types in the order of the oids; an
	 * {@link InvalidDataAccessResourceUsageException} that names an oid which no type has
	 */
	Flux<TypeInfo> types(List<Long> oids);

	/**
	 * Read the domains of the chosen schemas with their rules.
	 * @return the domains by schema and name
	 */
	Flux<DomainInfo> domains();

	/**
	 * Read the sequences of the chosen schemas.
	 * @return the sequences by schema and name
	 */
	Flux<SequenceInfo> sequences();

	/**
	 * Read the table-valued functions of the chosen schemas: those that return a set, a
	 * composite type or a record.
	 * @return the functions by schema and name
	 */
	Flux<FunctionInfo> functions();

	/**
	 * Look a table-valued function up. An alias goes before a function's own name, and
	 * one of the current transaction before one of the application. Functions are read
	 * each time.
	 * @param function its name or an alias
	 * @param argumentTypes the types of its arguments as SQL or the catalogue writes them
	 * ({@code bigint}, {@code int8}), needed only to choose among functions of one name
	 * @return the function; a {@link FunctionNotFoundException} when there is none or
	 * more than one, an {@link IllegalArgumentException} when the name cannot be one
	 */
	Mono<FunctionInfo> function(String function, String... argumentTypes);

	/**
	 * Give a table-valued function another name, for the whole application. An alias of
	 * the same name is replaced.
	 * @param alias the alias, in any characters
	 * @param function the function's name
	 * @throws IllegalArgumentException when the name cannot be one
	 */
	void registerAlias(String alias, String function);

	/**
	 * Give a table-valued function another name until the current transaction ends.
	 * @param alias the alias, in any characters
	 * @param function the function's name
	 * @return completes when it is known; an {@link InvalidDataAccessApiUsageException}
	 * outside of a transaction
	 * @throws IllegalArgumentException when the name cannot be one
	 */
	Mono<Void> registerTransactionAlias(String alias, String function);

	/**
	 * Forget what is known of a table, so that the next look-up reads it, by whatever
	 * name it was looked up.
	 * @param table one of the names that it was looked up by
	 * @return completes when it is forgotten, also in the current transaction
	 */
	Mono<Void> forget(String table);

	/**
	 * Forget all tables.
	 * @return completes when they are forgotten, also in the current transaction
	 */
	Mono<Void> forgetAll();

	/**
	 * Builds a {@link SchemaCatalog}.
	 */
	final class Builder {

		/**
		 * How long a table is taken to be unchanged by default.
		 */
		public static final Duration DEFAULT_VERIFY_AFTER = Duration.ofSeconds(1);

		private final PostgresConnections connections;

		private ObservationRegistry observationRegistry = ObservationRegistry.NOOP;

		private Duration verifyAfter = DEFAULT_VERIFY_AFTER;

		private ListingFilter filter = ListingFilter.ALL;

		Builder(PostgresConnections connections) {
			Assert.notNull(connections, "'connections' must not be null");
			this.connections = connections;
		}

		/**
		 * Observe what is read, as {@code trunkline.catalog.table} and the like.
		 * @param observationRegistry where to observe, nowhere by default
		 * @return this builder
		 */
		public Builder observationRegistry(ObservationRegistry observationRegistry) {
			Assert.notNull(observationRegistry, "'observationRegistry' must not be null");
			this.observationRegistry = observationRegistry;
			return this;
		}

		/**
		 * Set how long {@link SchemaCatalog#table} takes a table to be unchanged before
		 * it asks the server.
		 * @param verifyAfter the time; zero to ask each time
		 * @return this builder
		 */
		public Builder verifyAfter(Duration verifyAfter) {
			Assert.isTrue(verifyAfter != null && !verifyAfter.isNegative(),
					() -> "'verifyAfter' is " + verifyAfter + ": give a duration of zero or more");
			this.verifyAfter = verifyAfter;
			return this;
		}

		/**
		 * Choose the schemas that listings tell about. A look-up by name is not bound by
		 * it.
		 * @param schemas the schemas' names; none for all but the server's own
		 * @return this builder
		 */
		public Builder schemas(List<String> schemas) {
			this.filter = new ListingFilter(schemas, this.filter.include(), this.filter.exclude());
			return this;
		}

		/**
		 * List only tables of which the name matches a pattern. A look-up by name is not
		 * bound by it.
		 * @param patterns names as of {@link TableName#parse}, with {@code *} for any
		 * characters and {@code ?} for one, such as {@code sales.*} or {@code app_*} in
		 * all schemas; none for all tables
		 * @return this builder
		 */
		public Builder include(List<String> patterns) {
			this.filter = new ListingFilter(this.filter.schemas(), patterns, this.filter.exclude());
			return this;
		}

		/**
		 * Leave tables out of listings of which the name matches a pattern.
		 * @param patterns the patterns, as for {@link #include}
		 * @return this builder
		 */
		public Builder exclude(List<String> patterns) {
			this.filter = new ListingFilter(this.filter.schemas(), this.filter.include(), patterns);
			return this;
		}

		/**
		 * Build the catalogue. Nothing is read yet.
		 * @return a new instance
		 */
		public SchemaCatalog build() {
			return new DefaultSchemaCatalog(this.connections, this.observationRegistry, this.verifyAfter, this.filter);
		}

	}

}
