package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;

import io.netty.buffer.ByteBufAllocator;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.testing.SeedOnFailure;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.core.io.buffer.NettyDataBufferFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * A database of its own and a pool of one connection.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BulkCopyFixture {

	static final int FRAME_SIZE = 1024;

	final PostgresTestServer server = PostgresTestServer.get();

	final String database = this.server.createDatabase();

	final long seed = new Random().nextLong();

	final Random random = new Random(this.seed);

	@RegisterExtension
	final SeedOnFailure seedOnFailure = new SeedOnFailure(this.seed);

	final NettyDataBufferFactory pooled = new NettyDataBufferFactory(ByteBufAllocator.DEFAULT);

	TestPool pool;

	BulkCopyService copy;

	@BeforeEach
	void createPool() {
		this.pool = TestPool.ofOne(this.database);
		this.copy = service(this.pool);
		sql("DROP SCHEMA public CASCADE", "CREATE SCHEMA public",
				"CREATE TABLE items (id integer PRIMARY KEY, name text, price numeric)");
	}

	@AfterEach
	void closePool() {
		this.pool.awaitGivenBack();
		this.pool.close();
	}

	@AfterAll
	void dropDatabase() {
		this.server.dropDatabase(this.database);
	}

	static BulkCopyService service(TestPool pool) {
		return BulkCopyService.builder(pool.connections()).frameSize(FRAME_SIZE).chunkSize(FRAME_SIZE).build();
	}

	void sql(String... statements) {
		this.server.executeIn(this.database, statements);
	}

	/**
	 * Return the first column of the first row as text.
	 */
	String value(String sql) {
		return String.valueOf(this.pool.sideQuery(sql));
	}

	long count(String table) {
		return this.pool.sideNumber("SELECT count(*) FROM " + table);
	}

	Flux<DataBuffer> content(String text) {
		return content(text.getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Cut content into buffers of random sizes, of which some are empty and some pooled.
	 */
	Flux<DataBuffer> content(byte[] bytes) {
		return Flux.defer(() -> {
			List<byte[]> pieces = new ArrayList<>();
			int largest = 1 + this.random.nextInt(Math.max(1, bytes.length / 3));
			for (int start = 0; start < bytes.length;) {
				int length = Math.min(bytes.length - start, this.random.nextInt(largest + 1));
				byte[] piece = new byte[length];
				System.arraycopy(bytes, start, piece, 0, length);
				pieces.add(piece);
				start += length;
			}
			return Flux.fromIterable(pieces).map(this::buffer);
		});
	}

	DataBuffer buffer(byte[] bytes) {
		DataBufferFactory factory = this.random.nextBoolean() ? this.pooled : DefaultDataBufferFactory.sharedInstance;
		return factory.allocateBuffer(Math.max(1, bytes.length)).write(bytes);
	}

	/**
	 * Rows of {@code items} as CSV with line ends, quotes and letters outside ASCII in
	 * them.
	 */
	String items(int from, int count) {
		StringBuilder csv = new StringBuilder();
		for (int i = from; i < from + count; i++) {
			csv.append(i).append(",\"Ärger \"\"").append(i).append("\"\",\nzwei\",").append(i).append(".50\n");
		}
		return csv.toString();
	}

	void assertItems(int count) {
		assertThat(value("SELECT count(*) || ' ' || coalesce(sum(id), 0) || ' '"
				+ " || count(*) FILTER (WHERE name = 'Ärger \"' || id || E'\",\\nzwei' AND price = id + 0.5) FROM items"))
			.as("rows, their sum, and right ones, seed %d", this.seed)
			.isEqualTo(count + " " + (long) count * (count + 1) / 2 + " " + count);
	}

	static <T> T get(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(TestPool.TIMEOUT));
	}

	static byte[] bytes(Flux<DataBuffer> data) {
		DataBuffer joined = DataBufferUtils.join(data).block(TestPool.TIMEOUT);
		if (joined == null) {
			return new byte[0];
		}
		byte[] bytes = new byte[joined.readableByteCount()];
		joined.read(bytes);
		DataBufferUtils.release(joined);
		return bytes;
	}

	static String text(Flux<DataBuffer> data) {
		return new String(bytes(data), StandardCharsets.UTF_8);
	}

	static <T extends Throwable> T failure(Class<T> type, Publisher<?> publisher) {
		T failure = catchThrowableOfType(type, () -> Flux.from(publisher).blockLast(TestPool.TIMEOUT));
		assertThat(failure).as("a failure with %s", type.getSimpleName()).isNotNull();
		return failure;
	}

}
