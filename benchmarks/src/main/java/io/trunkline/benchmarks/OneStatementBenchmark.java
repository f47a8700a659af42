package io.trunkline.benchmarks;

import java.util.concurrent.TimeUnit;

import io.trunkline.connection.PostgresConnections;
import io.trunkline.largeobject.LargeObjectTemplate;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import reactor.core.publisher.Flux;

/**
 * Up to which size one {@code lo_from_bytea} is faster than a transaction with a COPY:
 * the ground of the template's limit between the two.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class OneStatementBenchmark {

	static final int COUNT = 100;

	private final Database database = Database.current();

	private final R2dbcClient client = R2dbcClient.create(this.database, 1);

	private final PostgresConnections connections = PostgresConnections.create(this.client.connectionFactory());

	/**
	 * The size of an object.
	 */
	@Param({ "4", "8", "16", "32", "64", "128", "256" })
	public int sizeKib;

	/**
	 * Delete what was written.
	 */
	@TearDown(Level.Iteration)
	public void reset() {
		this.database.reset();
	}

	/**
	 * Close the connections.
	 */
	@TearDown
	public void close() {
		this.client.close();
	}

	/**
	 * Write each object by one statement.
	 */
	@Benchmark
	public @Nullable Long statement() {
		byte[] content = Content.bytes(this.sizeKib * Content.KIB);
		return Flux.range(0, COUNT)
			.concatMap((n) -> this.connections.query("SELECT lo_from_bytea(0, $1)::bigint",
					(row) -> row.get(0, Long.class), content))
			.count()
			.block();
	}

	/**
	 * Write each object by a COPY: content of two chunks is never written otherwise.
	 */
	@Benchmark
	public @Nullable Long copy() {
		int size = this.sizeKib * Content.KIB;
		LargeObjectTemplate template = LargeObjectTemplate.builder(this.connections).chunkSize(size / 2).build();
		return Flux.range(0, COUNT).concatMap((n) -> template.write(Content.buffer(size))).count().block();
	}

}
