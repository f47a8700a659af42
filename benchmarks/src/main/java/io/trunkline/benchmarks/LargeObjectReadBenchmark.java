package io.trunkline.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.trunkline.largeobject.LargeObjectTemplate;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.postgresql.PGConnection;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * Reads one object of 256 MiB, as each API does it: the template by one statement that
 * commits itself, the others in a transaction that ends with a commit.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class LargeObjectReadBenchmark {

	static final int SIZE = 256 * Content.MIB;

	private final Database database = Database.current();

	private final long oid = this.database.keptObject(SIZE);

	private final R2dbcClient client = R2dbcClient.create(this.database, 1);

	private final LargeObjectTemplate template = LargeObjectTemplate.create(this.client.connectionFactory());

	private final Connection jdbc = this.database.transactionalJdbc();

	private final byte[] target = new byte[Content.MIB];

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
	 * Take the content as the template gives it: buffers outside the heap.
	 */
	@Benchmark
	public long trunkline() {
		return complete(this.template.read(this.oid).map((buffer) -> {
			int count = buffer.readableByteCount();
			DataBufferUtils.release(buffer);
			return count;
		}));
	}

	/**
	 * Take the content into an array on the heap, where pgjdbc puts it.
	 */
	@Benchmark
	public long trunklineToHeap() {
		return complete(this.template.read(this.oid).map(this::toHeap));
	}

	private int toHeap(DataBuffer buffer) {
		int count = buffer.readableByteCount();
		buffer.read(this.target, 0, count);
		DataBufferUtils.release(buffer);
		return count;
	}

	/**
	 * Read with pgjdbc's API, with the buffer that its users have.
	 * @throws SQLException if the server refuses
	 */
	@Benchmark
	public long pgjdbc() throws SQLException {
		long total = 0;
		LargeObjectManager manager = this.jdbc.unwrap(PGConnection.class).getLargeObjectAPI();
		try (LargeObject object = manager.open(this.oid, LargeObjectManager.READ)) {
			int count;
			while ((count = object.read(this.target, 0, Content.BUFFER_SIZE)) > 0) {
				total += count;
			}
		}
		this.jdbc.commit();
		return checked(total);
	}

	/**
	 * Read with a bound statement for each chunk, in chunks of the template's size.
	 */
	@Benchmark
	public long loGetLoop() {
		int chunk = LargeObjectTemplate.Builder.DEFAULT_CHUNK_SIZE;
		return complete(this.client.inTransaction((connection) -> Flux.range(0, SIZE / chunk)
			.concatMap((n) -> get(connection, (long) n * chunk, chunk))));
	}

	private Mono<Integer> get(PostgresqlConnection connection, long offset, int length) {
		return connection.createStatement("SELECT lo_get($1::bigint::oid, $2, $3)")
			.bind(0, this.oid)
			.bind(1, offset)
			.bind(2, length)
			.execute()
			.concatMap((result) -> result.map((row, metadata) -> row.get(0, byte[].class).length))
			.single();
	}

	private static long complete(Flux<Integer> counts) {
		return checked(counts.reduce(0L, Long::sum).block());
	}

	private static long checked(@Nullable Long total) {
		if (total == null || total != SIZE) {
			throw new IllegalStateException("Read " + total + " bytes");
		}
		return total;
	}

}
