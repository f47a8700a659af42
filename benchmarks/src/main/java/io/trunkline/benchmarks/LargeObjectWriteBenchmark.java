package io.trunkline.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.largeobject.LargeObjectTransfer;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.postgresql.PGConnection;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Writes one object of 256 MiB of incompressible content in one transaction, which ends
 * with a commit. What was written is deleted and vacuumed between the iterations.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class LargeObjectWriteBenchmark {

	static final int SIZE = 256 * Content.MIB;

	private static final int CHUNK_SIZE = 256 * Content.KIB;

	private static final byte[] CHUNK = Content.bytes(CHUNK_SIZE);

	private final Database database = Database.current();

	private final R2dbcClient client = R2dbcClient.create(this.database, 1);

	private final LargeObjectTemplate template = LargeObjectTemplate.create(this.client.connectionFactory());

	private final Connection jdbc = this.database.transactionalJdbc();

	/**
	 * Create the loop that runs on the server.
	 */
	@Setup
	public void createServerLoop() {
		this.database.execute(
				"""
						CREATE OR REPLACE FUNCTION write_on_server(chunk bytea, count integer) RETURNS void LANGUAGE plpgsql AS $$
						DECLARE fd integer := lo_open(lo_create(0), 131072);
						BEGIN
							FOR n IN 1..count LOOP
								PERFORM lowrite(fd, chunk);
							END LOOP;
							PERFORM lo_close(fd);
						END $$""");
	}

	/**
	 * Delete what was written.
	 */
	@TearDown(Level.Iteration)
	public void reset() {
		this.database.reset();
	}

	/**
	 * Close the connections.
	 * @throws SQLException if the server does not let go
	 */
	@TearDown
	public void close() throws SQLException {
		this.client.close();
		this.jdbc.close();
	}

	/**
	 * Write with the template.
	 */
	@Benchmark
	public @Nullable Long trunkline() {
		return this.template.write(Content.buffers(SIZE)).map(LargeObjectTransfer::oid).block();
	}

	/**
	 * Write with pgjdbc's API, with the buffer that its users have.
	 * @throws SQLException if the server refuses
	 */
	@Benchmark
	public long pgjdbc() throws SQLException {
		LargeObjectManager manager = this.jdbc.unwrap(PGConnection.class).getLargeObjectAPI();
		long oid = manager.createLO(LargeObjectManager.WRITE);
		try (LargeObject object = manager.open(oid, LargeObjectManager.WRITE)) {
			for (int written = 0; written < SIZE; written += Content.BUFFER_SIZE) {
				object.write(Content.BLOCK, written % Content.BLOCK.length, Content.BUFFER_SIZE);
			}
		}
		this.jdbc.commit();
		return oid;
	}

	/**
	 * Write with a bound statement for each chunk, in chunks of the template's size.
	 */
	@Benchmark
	public @Nullable Long loPutLoop() {
		return this.client
			.inTransaction((connection) -> connection.createStatement("SELECT lo_create(0)::bigint")
				.execute()
				.concatMap((result) -> result.<Long>map((row, metadata) -> row.get(0, Long.class)))
				.single()
				.flatMap((oid) -> Flux.range(0, SIZE / CHUNK_SIZE)
					.concatMap((n) -> put(connection, oid, (long) n * CHUNK_SIZE))
					.then(Mono.just(oid))))
			.blockLast();
	}

	private static Mono<Void> put(PostgresqlConnection connection, long oid, long offset) {
		return connection.createStatement("SELECT lo_put($1::bigint::oid, $2, $3)")
			.bind(0, oid)
			.bind(1, offset)
			.bind(2, CHUNK)
			.execute()
			.concatMap(PostgresqlResult::getRowsUpdated)
			.then();
	}

	/**
	 * Write on the server, in chunks of the template's size: what no client can exceed.
	 * @throws SQLException if the server refuses
	 */
	@Benchmark
	public void server() throws SQLException {
		try (PreparedStatement statement = this.jdbc.prepareStatement("SELECT write_on_server(?, ?)")) {
			statement.setBytes(1, CHUNK);
			statement.setInt(2, SIZE / CHUNK_SIZE);
			statement.execute();
		}
		this.jdbc.commit();
	}

}
