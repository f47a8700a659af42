package io.trunkline.largeobject;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
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
abstract class LargeObjectFixture {

	static final int SMALL = 2 * 1024;

	static final long MISSING = 4_000_000_000L;

	final PostgresTestServer server = PostgresTestServer.get();

	final String database = this.server.createDatabase();

	final long seed = new Random().nextLong();

	final Random random = new Random(this.seed);

	@RegisterExtension
	final SeedOnFailure seedOnFailure = new SeedOnFailure(this.seed);

	final NettyDataBufferFactory pooled = new NettyDataBufferFactory(ByteBufAllocator.DEFAULT);

	TestPool pool;

	LargeObjectTemplate template;

	@BeforeEach
	void createPool() {
		this.pool = TestPool.ofOne(this.database);
		this.template = template(SMALL);
	}

	@AfterEach
	void closePool() {
		this.pool.awaitGivenBack();
		this.pool.close();
		this.server.executeIn(this.database, "SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
	}

	@AfterAll
	void dropDatabase() {
		this.server.dropDatabase(this.database);
	}

	LargeObjectTemplate template(int chunkSize) {
		return LargeObjectTemplate.builder(this.pool.connections()).chunkSize(chunkSize).build();
	}

	byte[] randomBytes(int length) {
		byte[] bytes = new byte[length];
		this.random.nextBytes(bytes);
		return bytes;
	}

	/**
	 * Cut content into buffers of random sizes, of which some are empty and some pooled.
	 */
	Flux<DataBuffer> content(byte[] bytes) {
		return Flux.defer(() -> {
			List<byte[]> pieces = new ArrayList<>();
			int largest = 1 + this.random.nextInt(Math.max(1, bytes.length / 3));
			for (int start = 0; start < bytes.length;) {
				int end = Math.min(bytes.length, start + this.random.nextInt(largest + 1));
				pieces.add(Arrays.copyOfRange(bytes, start, end));
				start = end;
			}
			return Flux.fromIterable(pieces).map(this::buffer);
		});
	}

	DataBuffer buffer(byte[] bytes) {
		DataBufferFactory factory = this.random.nextBoolean() ? this.pooled : DefaultDataBufferFactory.sharedInstance;
		return factory.allocateBuffer(Math.max(1, bytes.length)).write(bytes);
	}

	byte[] read(long oid) {
		return bytes(this.template.read(oid));
	}

	static byte[] bytes(Flux<DataBuffer> content) {
		return Objects.requireNonNull(DataBufferUtils.join(content)
			.map(LargeObjectFixture::bytes)
			.defaultIfEmpty(new byte[0])
			.block(TestPool.TIMEOUT));
	}

	static byte[] bytes(DataBuffer buffer) {
		byte[] bytes = new byte[buffer.readableByteCount()];
		buffer.read(bytes);
		DataBufferUtils.release(buffer);
		return bytes;
	}

	long written(byte[] bytes) {
		return get(this.template.write(content(bytes))).oid();
	}

	void assertContent(long oid, byte[] expected) {
		byte[] actual = read(oid);
		assertThat(sha256(actual))
			.as("checksum of %d bytes, expected %d, seed %d", actual.length, expected.length, this.seed)
			.isEqualTo(sha256(expected));
	}

	static String sha256(byte[] bytes) {
		try {
			return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static <T> T get(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(TestPool.TIMEOUT));
	}

	static void run(Publisher<?> publisher) {
		Flux.from(publisher).doOnNext((value) -> {
			if (value instanceof DataBuffer buffer) {
				DataBufferUtils.release(buffer);
			}
		}).blockLast(TestPool.TIMEOUT);
	}

	static <T extends Throwable> T failure(Class<T> type, Publisher<?> publisher) {
		T failure = catchThrowableOfType(type, () -> run(publisher));
		assertThat(failure).as("a failure with %s", type.getSimpleName()).isNotNull();
		return failure;
	}

	long objects() {
		return this.pool.sideNumber("SELECT count(*) FROM pg_largeobject_metadata");
	}

	long pages(long oid) {
		return this.pool.sideNumber("SELECT count(*) FROM pg_largeobject WHERE loid = ?::bigint::oid", oid);
	}

}
