package io.trunkline.benchmarks;

import java.util.concurrent.TimeUnit;

import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.largeobject.LargeObjectTransfer;
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

import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * What the chunk size does to reads and writes: the ground of
 * {@link LargeObjectTemplate.Builder#DEFAULT_CHUNK_SIZE}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class ChunkSizeBenchmark {

	static final int READ_SIZE = 256 * Content.MIB;

	static final int WRITE_SIZE = 64 * Content.MIB;

	private final Database database = Database.current();

	private final long oid = this.database.keptObject(READ_SIZE);

	private final R2dbcClient client = R2dbcClient.create(this.database, 1);

	/**
	 * The chunk size.
	 */
	@Param({ "16", "32", "64", "96", "128", "192", "256", "512", "1024" })
	public int chunkKib;

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
	 * Read 256 MiB.
	 */
	@Benchmark
	public @Nullable Long read() {
		return template().read(this.oid).doOnNext(DataBufferUtils::release).count().block();
	}

	/**
	 * Write 64 MiB.
	 */
	@Benchmark
	public @Nullable Long write() {
		return template().write(Content.buffers(WRITE_SIZE)).map(LargeObjectTransfer::oid).block();
	}

	private LargeObjectTemplate template() {
		return LargeObjectTemplate.builder(this.client.connectionFactory())
			.chunkSize(this.chunkKib * Content.KIB)
			.build();
	}

}
