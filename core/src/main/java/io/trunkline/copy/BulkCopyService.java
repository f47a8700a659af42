package io.trunkline.copy;

import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.schema.SchemaCatalog;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import tools.jackson.databind.ObjectMapper;

import org.springframework.dao.DataAccessException;
import org.springframework.data.relational.core.conversion.RelationalConverter;
import org.springframework.util.Assert;

/**
 * Data of any size into tables and out of them by COPY, the fastest way that PostgreSQL
 * has.
 * <p>
 * <b>Names.</b> A table is named {@code table} or {@code schema.table}; the parts are as
 * in the catalogue, in its upper and lower case, and a part that holds a dot stands in
 * double quotes. Names of columns are taken as they are.
 * <p>
 * <b>Transactions.</b> Every copy joins the Spring-managed transaction in the Reactor
 * context; where there is none it is atomic by itself. A load that fails or is cancelled
 * stores nothing, and inside a transaction leaves it usable: it runs in a savepoint.
 * <p>
 * <b>Memory.</b> Data passes in frames of about 64 KiB, of which a few are held. A slow
 * server slows the source, a slow subscriber slows the server.
 * <p>
 * <b>Errors</b> are {@link DataAccessException}s by SQLSTATE. Where they are about data,
 * {@link CopyLocation#find(Throwable)} has the line and the column.
 *
 * @since 0.1.0
 */
public interface BulkCopyService {

	/**
	 * Create a service with the default settings.
	 * @param connectionFactory a connection factory of the PostgreSQL driver
	 * @return a new service
	 */
	static BulkCopyService create(ConnectionFactory connectionFactory) {
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
	 * Describe a load into a table, a partitioned table, or a view with an
	 * {@code INSTEAD OF INSERT} trigger.
	 * @param table the name of the table
	 * @return the load of CSV into the table, to be refined
	 */
	CopyInSpec copyIn(String table);

	/**
	 * Describe an export of a table, a view or a materialized view.
	 * @param table the name of the table
	 * @return the export of the table as CSV, to be refined
	 */
	CopyOutSpec copyOut(String table);

	/**
	 * Describe an export of what a query returns.
	 * @param sql a {@code SELECT}, {@code VALUES}, or a statement with {@code RETURNING};
	 * its parameters are {@code $1}, {@code $2}, … or {@code :name}
	 * @return the export of the rows as CSV, to be refined
	 */
	CopyOutSpec copyOutQuery(String sql);

	/**
	 * Describe a load into a table by way of a staging table: with merges, reports, and
	 * bad rows set aside.
	 * @param table the name of the table
	 * @return the load of CSV into the table, to be refined
	 */
	LoadSpec load(String table);

	/**
	 * Put several loads together.
	 * @return a script of no loads
	 */
	LoadScript script();

	/**
	 * Look at the copies that run in this database, whoever runs them, by
	 * {@code pg_stat_progress_copy}: repeat it, outside the transaction of the copy, to
	 * follow one.
	 * @return the copies that the role may see
	 */
	Flux<RunningCopy> running();

	/**
	 * Builds a {@link BulkCopyService}.
	 */
	final class Builder {

		/**
		 * The default size of a frame in bytes.
		 */
		public static final int DEFAULT_FRAME_SIZE = 64 * 1024;

		/**
		 * The default size in bytes of the chunks of a parallel load.
		 */
		public static final int DEFAULT_CHUNK_SIZE = 4 * 1024 * 1024;

		private static final int MIN_FRAME_SIZE = 1024;

		private static final int MAX_FRAME_SIZE = 1024 * 1024;

		private static final int MAX_CHUNK_SIZE = 256 * 1024 * 1024;

		private final PostgresConnections connections;

		private ObservationRegistry observationRegistry = ObservationRegistry.NOOP;

		private @Nullable SchemaCatalog schemaCatalog;

		private @Nullable RelationalConverter converter;

		private @Nullable JsonValues json = JsonValues.find();

		private int frameSize = DEFAULT_FRAME_SIZE;

		private int chunkSize = DEFAULT_CHUNK_SIZE;

		Builder(PostgresConnections connections) {
			Assert.notNull(connections, "'connections' must not be null");
			this.connections = connections;
		}

		/**
		 * Set the size of the frames that data travels in.
		 * @param frameSize the size in bytes, from 1 KiB to 1 MiB
		 */
		public Builder frameSize(int frameSize) {
			Assert.isTrue(frameSize >= MIN_FRAME_SIZE && frameSize <= MAX_FRAME_SIZE,
					() -> "'frameSize' must be between " + MIN_FRAME_SIZE + " and " + MAX_FRAME_SIZE + " bytes, and is "
							+ frameSize);
			this.frameSize = frameSize;
			return this;
		}

		/**
		 * Set the size of the chunks of a parallel load, each of which is a transaction.
		 * Every connection of the load holds one in memory.
		 * @param chunkSize the size in bytes, from 1 KiB to 256 MiB; a chunk ends with
		 * the record in which it gets that size
		 */
		public Builder chunkSize(int chunkSize) {
			Assert.isTrue(chunkSize >= MIN_FRAME_SIZE && chunkSize <= MAX_CHUNK_SIZE,
					() -> "'chunkSize' must be between " + MIN_FRAME_SIZE + " and " + MAX_CHUNK_SIZE + " bytes, and is "
							+ chunkSize);
			this.chunkSize = chunkSize;
			return this;
		}

		/**
		 * Set where operations are observed; nowhere by default.
		 * @param observationRegistry the registry
		 */
		public Builder observationRegistry(ObservationRegistry observationRegistry) {
			Assert.notNull(observationRegistry, "'observationRegistry' must not be null");
			this.observationRegistry = observationRegistry;
			return this;
		}

		/**
		 * Set what tells the columns of tables; by default one of the service's own.
		 * @param schemaCatalog the catalog
		 */
		public Builder schemaCatalog(SchemaCatalog schemaCatalog) {
			Assert.notNull(schemaCatalog, "'schemaCatalog' must not be null");
			this.schemaCatalog = schemaCatalog;
			return this;
		}

		/**
		 * Set what names the columns of objects and converts their values, such as the
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
			this.json = new JacksonValues(jsonMapper);
			return this;
		}

		/**
		 * Build the service.
		 */
		public BulkCopyService build() {
			SchemaCatalog catalog = (this.schemaCatalog != null) ? this.schemaCatalog
					: SchemaCatalog.create(this.connections.getConnectionFactory());
			RelationalConverter converter = (this.converter != null) ? this.converter : PlainConverter.create();
			RowMapping mapping = new RowMapping(converter, this.json, this.frameSize);
			return new DefaultBulkCopyService(new CopySettings(this.connections, catalog, mapping,
					this.observationRegistry, this.frameSize, this.chunkSize));
		}

	}

}
