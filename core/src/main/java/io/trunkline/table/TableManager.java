package io.trunkline.table;

import java.util.Collection;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.OperationObservations;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.copy.BulkCopyService;
import io.trunkline.copy.ColumnValues;
import io.trunkline.schema.SchemaCatalog;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.ObjectMapper;

import org.springframework.dao.DataAccessException;
import org.springframework.data.relational.core.conversion.RelationalConverter;
import org.springframework.util.Assert;

/**
 * Tables without entities: rows are maps from column to value, and tables are made from
 * definitions.
 * <p>
 * <b>Names.</b> A table is named {@code table} or {@code schema.table}; the parts are as
 * in the catalogue, in its upper and lower case, and a part that holds a dot stands in
 * double quotes. Names of columns are taken as they are. One that does not exist is an
 * error that offers the nearest.
 * <p>
 * <b>Values</b> are bound, never put into SQL, and converted to the column's type: from
 * Java values, from what JSON is made of, and from text.
 * <p>
 * <b>Transactions.</b> Every operation joins the Spring-managed transaction in the
 * Reactor context; where there is none it is atomic by itself. A cancellation undoes what
 * the operation has not completed.
 * <p>
 * <b>What deletes everything takes a password</b>, the one of the {@link DeletionGuard}:
 * {@link #deleteAll}, {@link #truncate} and {@link #dropTable}. An update or a deletion
 * needs a condition that does not hold for all rows.
 * <p>
 * <b>Errors</b> are {@link DataAccessException}s by SQLSTATE, and
 * {@link IllegalArgumentException}s for names that cannot be one.
 *
 * @since 0.1.0
 */
public interface TableManager {

	/**
	 * Create a manager with the default settings, which deletes no whole tables.
	 * @param connectionFactory a connection factory of the PostgreSQL driver
	 * @return a new manager
	 */
	static TableManager create(ConnectionFactory connectionFactory) {
		return builder(connectionFactory).build();
	}

	/**
	 * Return a builder.
	 * @param connectionFactory a connection factory of the PostgreSQL driver
	 * @return a new builder
	 */
	static Builder builder(ConnectionFactory connectionFactory) {
		return builder(PostgresConnections.create(connectionFactory));
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
	 * Describe a new table.
	 * @param table its name
	 * @param columns its columns
	 * @return the table, to be refined and made
	 * @throws IllegalArgumentException when a name cannot be one
	 */
	CreateTableSpec createTable(String table, ColumnDefinition... columns);

	/**
	 * Describe a new table by plain maps.
	 * @param table its name
	 * @param columns its columns, as of {@link ColumnDefinition#of(Map)}
	 * @return the table, to be refined and made
	 * @throws IllegalArgumentException when a name cannot be one, or a map is not a
	 * definition
	 */
	CreateTableSpec createTable(String table, Collection<? extends Map<String, ?>> columns);

	/**
	 * Describe a select from a table or a view.
	 * @param table its name
	 * @return the select of all rows, to be refined
	 */
	SelectSpec<Map<String, @Nullable Object>> select(String table);

	/**
	 * Describe an insert.
	 * @param table the name of the table
	 * @return the insert of no rows yet
	 */
	InsertSpec insert(String table);

	/**
	 * Describe an insert that updates or skips the rows that are there already.
	 * @param table the name of the table
	 * @return the upsert of no rows yet, which updates by the primary key
	 */
	UpsertSpec upsert(String table);

	/**
	 * Describe an update.
	 * @param table the name of the table
	 * @return the update, without condition and values yet
	 */
	UpdateSpec update(String table);

	/**
	 * Describe a deletion of some rows.
	 * @param table the name of the table
	 * @return the deletion, without condition yet
	 */
	DeleteSpec delete(String table);

	/**
	 * Delete all rows.
	 * @param table the name of the table
	 * @param password the deletion password
	 * @return how many rows were deleted; a {@link DeletionDeniedException} where the
	 * guard does not allow it
	 */
	Mono<Long> deleteAll(String table, @Nullable CharSequence password);

	/**
	 * Empty a table at once, without its rows' triggers. It waits for all who read it.
	 * @param table the name of the table
	 * @param password the deletion password
	 * @return completes when it is empty; a {@link DeletionDeniedException} where the
	 * guard does not allow it
	 */
	Mono<Void> truncate(String table, @Nullable CharSequence password);

	/**
	 * Drop a table, but not what depends on it.
	 * @param table the name of the table
	 * @param password the deletion password
	 * @return completes when it is gone; a {@link DeletionDeniedException} where the
	 * guard does not allow it
	 */
	Mono<Void> dropTable(String table, @Nullable CharSequence password);

	/**
	 * Builds a {@link TableManager}.
	 */
	final class Builder {

		/**
		 * How many rows of a select the server makes at once by default.
		 */
		public static final int DEFAULT_FETCH_SIZE = 1000;

		/**
		 * From how many rows on a temporary table is used by default.
		 */
		public static final int DEFAULT_STAGING_THRESHOLD = 5000;

		private final PostgresConnections connections;

		private ObservationRegistry observationRegistry = ObservationRegistry.NOOP;

		private @Nullable SchemaCatalog schemaCatalog;

		private @Nullable BulkCopyService bulkCopyService;

		private @Nullable RelationalConverter converter;

		private @Nullable JsonMappers json;

		private DeletionGuard deletionGuard = DeletionGuard.disabled();

		private Consumer<? super String> sqlEcho = (sql) -> {
		};

		private int fetchSize = DEFAULT_FETCH_SIZE;

		private int stagingThreshold = DEFAULT_STAGING_THRESHOLD;

		Builder(PostgresConnections connections) {
			Assert.notNull(connections, "'connections' must not be null");
			this.connections = connections;
		}

		/**
		 * Set where operations are observed, as {@code trunkline.table.select} and the
		 * like; nowhere by default.
		 * @param observationRegistry the registry
		 */
		public Builder observationRegistry(ObservationRegistry observationRegistry) {
			Assert.notNull(observationRegistry, "'observationRegistry' must not be null");
			this.observationRegistry = observationRegistry;
			return this;
		}

		/**
		 * Set what tells the columns of tables; by default one of the manager's own.
		 * @param schemaCatalog the catalog
		 */
		public Builder schemaCatalog(SchemaCatalog schemaCatalog) {
			Assert.notNull(schemaCatalog, "'schemaCatalog' must not be null");
			this.schemaCatalog = schemaCatalog;
			return this;
		}

		/**
		 * Set what brings large numbers of rows in, which must be for the same connection
		 * factory; by default one of the manager's own.
		 * @param bulkCopyService the service
		 */
		public Builder bulkCopyService(BulkCopyService bulkCopyService) {
			Assert.notNull(bulkCopyService, "'bulkCopyService' must not be null");
			this.bulkCopyService = bulkCopyService;
			return this;
		}

		/**
		 * Set what makes objects of rows and converts their values, such as the
		 * application's {@code R2dbcConverter}; Spring Data's defaults without it.
		 * @param converter the converter
		 */
		public Builder converter(RelationalConverter converter) {
			Assert.notNull(converter, "'converter' must not be null");
			this.converter = converter;
			return this;
		}

		/**
		 * Set what reads and writes JSON, such as the application's {@code JsonMapper};
		 * Jackson's defaults without it, where Jackson is on the class path.
		 * @param jsonMapper the mapper
		 */
		public Builder jsonMapper(ObjectMapper jsonMapper) {
			Assert.notNull(jsonMapper, "'jsonMapper' must not be null");
			this.json = new JsonMappers((values) -> values.jsonMapper(jsonMapper),
					(copy) -> copy.jsonMapper(jsonMapper));
			return this;
		}

		/**
		 * Set who may empty and drop tables; nobody by default.
		 * @param deletionGuard the guard
		 */
		public Builder deletionGuard(DeletionGuard deletionGuard) {
			Assert.notNull(deletionGuard, "'deletionGuard' must not be null");
			this.deletionGuard = deletionGuard;
			return this;
		}

		/**
		 * Set what takes the SQL of each statement before it runs, with {@code $1} for
		 * values; nothing by default.
		 * @param sqlEcho gets the SQL, on a thread that must not block
		 */
		public Builder sqlEcho(Consumer<? super String> sqlEcho) {
			Assert.notNull(sqlEcho, "'sqlEcho' must not be null");
			this.sqlEcho = sqlEcho;
			return this;
		}

		/**
		 * Set how many rows of a select the server makes and the client holds at once.
		 * @param fetchSize the number of rows; 0 for all of them in one go
		 */
		public Builder fetchSize(int fetchSize) {
			Assert.isTrue(fetchSize >= 0, () -> "'fetchSize' must not be negative, and is " + fetchSize);
			this.fetchSize = fetchSize;
			return this;
		}

		/**
		 * Set from how many rows on inserts and upserts go through a temporary table
		 * instead of one statement. So many rows are held in memory.
		 * @param stagingThreshold the number of rows, 1 or more
		 */
		public Builder stagingThreshold(int stagingThreshold) {
			Assert.isTrue(stagingThreshold > 0,
					() -> "'stagingThreshold' must be 1 or more, and is " + stagingThreshold);
			this.stagingThreshold = stagingThreshold;
			return this;
		}

		/**
		 * Build the manager.
		 */
		public TableManager build() {
			SchemaCatalog catalog = (this.schemaCatalog != null) ? this.schemaCatalog
					: SchemaCatalog.create(this.connections.getConnectionFactory());
			ColumnValues values = ColumnValues.create(this.converter);
			BulkCopyService copy = (this.bulkCopyService != null) ? this.bulkCopyService : copyService(catalog);
			return new DefaultTableManager(new TableSettings(this.connections, catalog, copy,
					(this.json != null) ? this.json.values().apply(values) : values,
					OperationObservations.create(this.observationRegistry), this.deletionGuard, this.sqlEcho,
					this.fetchSize, this.stagingThreshold));
		}

		private BulkCopyService copyService(SchemaCatalog catalog) {
			BulkCopyService.Builder builder = BulkCopyService.builder(this.connections)
				.observationRegistry(this.observationRegistry)
				.schemaCatalog(catalog);
			if (this.converter != null) {
				builder.converter(this.converter);
			}
			if (this.json != null) {
				this.json.copy().accept(builder);
			}
			return builder.build();
		}

		/**
		 * A mapper, without its class, which need not be there.
		 *
		 * @param values gives it to what converts values
		 * @param copy gives it to bulk copies
		 */
		private record JsonMappers(UnaryOperator<ColumnValues> values, Consumer<BulkCopyService.Builder> copy) {
		}

	}

}
