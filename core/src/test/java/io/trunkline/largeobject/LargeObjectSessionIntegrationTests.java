package io.trunkline.largeobject;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;

class LargeObjectSessionIntegrationTests extends LargeObjectFixture {

	@Test
	void readsWritesAndSeeksAsAFileWould() {
		byte[] expected = randomBytes(20_000);
		long oid = written(expected);
		List<Integer> steps = IntStream.range(0, 60).boxed().toList();
		Flux<Long> work = this.template.open(oid, LargeObjectMode.READ_WRITE,
				(session) -> Flux.fromIterable(steps).concatMap((step) -> {
					int offset = this.random.nextInt(expected.length - 3000);
					int length = 1 + this.random.nextInt(3000);
					if (this.random.nextBoolean()) {
						byte[] patch = randomBytes(length);
						System.arraycopy(patch, 0, expected, offset, length);
						return session.seek(offset)
							.then(session.write(content(patch)))
							.doOnNext((written) -> assertThat(written).isEqualTo(length))
							.then(session.position())
							.doOnNext((position) -> assertThat(position).isEqualTo(offset + length));
					}
					byte[] part = Arrays.copyOfRange(expected, offset, offset + length);
					return session.seek(offset)
						.then(session.read(length))
						.doOnNext((buffer) -> assertThat(bytes(buffer)).as("step %d, seed %d", step, this.seed)
							.isEqualTo(part))
						.then(session.position());
				}));
		run(work);
		assertContent(oid, expected);
	}

	@Test
	void seeksFromTheStartThePositionAndTheEnd() {
		long oid = written(randomBytes(1000));
		assertThat(get(this.template.open(oid, LargeObjectMode.READ,
				(session) -> Flux.concat(session.seek(100), session.seekBy(50), session.seekBy(-20),
						session.seekToEnd(-10), session.seekToEnd(5), session.position(), session.size(),
						session.position(), session.seek(0), session.seek(5L << 30)))
			.collectList())).containsExactly(100L, 150L, 130L, 990L, 1005L, 1005L, 1000L, 1005L, 0L, 5L << 30);
	}

	@Test
	void endsAtTheEnd() {
		byte[] bytes = randomBytes(100);
		long oid = written(bytes);
		Mono<List<byte[]>> read = this.template
			.open(oid, LargeObjectMode.READ,
					(session) -> Flux.concat(session.read(60), session.read(60), session.read(60))
						.map(LargeObjectFixture::bytes))
			.collectList();
		assertThat(get(read)).containsExactly(Arrays.copyOf(bytes, 60), Arrays.copyOfRange(bytes, 60, 100));
	}

	@Test
	void neverTruncatesByWriting() {
		byte[] bytes = randomBytes(5000);
		long oid = written(bytes);
		run(this.template.open(oid, LargeObjectMode.WRITE, (session) -> session.write(content(new byte[100]))));
		Arrays.fill(bytes, 0, 100, (byte) 0);
		assertContent(oid, bytes);
	}

	@Test
	void truncatesAndExtends() {
		byte[] bytes = randomBytes(5000);
		long oid = written(bytes);
		assertThat(get(this.template
			.open(oid, LargeObjectMode.READ_WRITE,
					(session) -> session.seek(10)
						.then(session.truncate(3L << 30))
						.then(session.size())
						.concatWith(session.truncate(50).then(session.size()))
						.concatWith(session.position()))
			.collectList())).containsExactly(3L << 30, 50L, 10L);
		assertContent(oid, Arrays.copyOf(bytes, 50));
	}

	@Test
	void appendsWhereverThePositionIs() {
		byte[] bytes = randomBytes(3000);
		long oid = written(bytes);
		byte[] more = randomBytes(5000);
		assertThat(get(this.template
			.open(oid, LargeObjectMode.APPEND,
					(session) -> session.seek(5).then(session.write(content(more))).then(session.position()))
			.single())).isEqualTo(8000);
		byte[] expected = Arrays.copyOf(bytes, 8000);
		System.arraycopy(more, 0, expected, 3000, 5000);
		assertContent(oid, expected);
	}

	@Test
	void createsTheObjectWhereThereIsNone() {
		Flux<Long> fresh = this.template.open(0, LargeObjectMode.CREATE,
				(session) -> session.write(content(new byte[10])).thenReturn(session.oid()));
		long oid = get(fresh.single());
		assertContent(oid, new byte[10]);
		run(this.template.open(MISSING, LargeObjectMode.CREATE, LargeObjectSession::size));
		assertThat(get(this.template.exists(MISSING))).isTrue();
		run(this.template.open(oid, LargeObjectMode.CREATE, (session) -> session.write(content(new byte[3]))));
		assertContent(oid, new byte[10]);
	}

	@Test
	void tellsItsOidAndMode() {
		long oid = get(this.template.create());
		run(this.template.open(oid, LargeObjectMode.APPEND, (session) -> {
			assertThat(session.oid()).isEqualTo(oid);
			assertThat(session.mode()).isEqualTo(LargeObjectMode.APPEND);
			return Mono.empty();
		}));
	}

	@ParameterizedTest
	@EnumSource(value = LargeObjectMode.class, names = { "WRITE", "APPEND" })
	void refusesToReadInAModeThatWrites(LargeObjectMode mode) {
		long oid = get(this.template.create());
		assertMisuse(this.template.open(oid, mode, (session) -> session.read(1)),
				"was opened in mode " + mode + ", which does not read; use READ, READ_WRITE or CREATE");
	}

	@Test
	void refusesToWriteInAModeThatReads() {
		long oid = get(this.template.create());
		assertMisuse(this.template.open(oid, LargeObjectMode.READ, (session) -> session.write(content(new byte[5]))),
				"was opened in mode READ, which does not write; use WRITE, READ_WRITE, APPEND or CREATE");
		assertMisuse(this.template.open(oid, LargeObjectMode.READ, (session) -> session.truncate(1)),
				"was opened in mode READ, which does not truncate");
	}

	@ParameterizedTest
	@EnumSource(value = LargeObjectMode.class, names = "CREATE", mode = Mode.EXCLUDE)
	void refusesOidZeroWhereNothingIsCreated(LargeObjectMode mode) {
		assertMisuse(this.template.open(0, mode, LargeObjectSession::size), "'oid' must be between 1 and");
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, -1 })
	void refusesToReadNothing(int length) {
		long oid = get(this.template.create());
		assertMisuse(this.template.open(oid, LargeObjectMode.READ, (session) -> session.read(length)),
				"'length' must be at least 1, and is " + length);
	}

	@Test
	void refusesANegativePosition() {
		long oid = written(randomBytes(100));
		assertMisuse(this.template.open(oid, LargeObjectMode.READ, (session) -> session.seek(-1)),
				"'offset' must be between 0 and");
		assertMisuse(
				this.template.open(oid, LargeObjectMode.READ, (session) -> session.seek(10).then(session.seekBy(-11))),
				"'distance' is -11 from the position at 10, and would lead to a negative offset");
		assertMisuse(this.template.open(oid, LargeObjectMode.READ, (session) -> session.seekToEnd(-101)),
				"'distance' is -101 from the end at 100, and would lead to a negative offset");
		assertMisuse(this.template.open(oid, LargeObjectMode.WRITE, (session) -> session.truncate(-1)),
				"'length' must be between 0 and");
	}

	@Test
	void refusesUseAfterItsEnd() {
		long oid = written(randomBytes(100));
		AtomicReference<LargeObjectSession> kept = new AtomicReference<>();
		run(this.template.open(oid, LargeObjectMode.READ_WRITE, (session) -> {
			kept.set(session);
			return session.size();
		}));
		String message = "The session on large object " + oid + " has ended";
		assertMisuse(kept.get().read(1), message);
		assertMisuse(kept.get().write(content(new byte[5])), message);
		assertMisuse(kept.get().size(), message);
		assertMisuse(kept.get().position(), message);
		assertMisuse(kept.get().seek(1), message);
		assertMisuse(kept.get().truncate(1), message);
		failure(IllegalStateException.class, this.template.open(oid, LargeObjectMode.READ, (session) -> {
			kept.set(session);
			return Mono.error(new IllegalStateException("no"));
		}));
		assertMisuse(kept.get().size(), message);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void undoesWhatAFailedSessionWrote(boolean transaction) {
		byte[] bytes = randomBytes(5000);
		long oid = written(bytes);
		Mono<Void> failing = this.template
			.open(oid, LargeObjectMode.WRITE,
					(session) -> session.write(content(randomBytes(100))).then(Mono.error(new IllegalStateException())))
			.then()
			.onErrorComplete(IllegalStateException.class);
		this.pool.within(transaction, failing.thenReturn(true)).block(TestPool.TIMEOUT);
		assertContent(oid, bytes);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void undoesWhatAnAbandonedSessionWrote(boolean transaction) {
		byte[] bytes = randomBytes(5000);
		long oid = written(bytes);
		Flux<Long> work = this.template.open(oid, LargeObjectMode.WRITE,
				(session) -> session.write(content(randomBytes(100))).concatWith(Mono.never()));
		Mono<Integer> abandoned = Abandoned.when(work, 1, (written) -> {
		}, (received) -> TestPool.await("the write is done", () -> received.get() == 1));
		this.pool.within(transaction, abandoned).block(TestPool.TIMEOUT);
		this.pool.assertUsable();
		assertContent(oid, bytes);
	}

	@Test
	void worksOnTwoObjectsAtOnce() {
		byte[] bytes = randomBytes(4000);
		long one = written(bytes);
		long two = get(this.template.create());
		run(this.pool.within(true,
				this.template
					.open(one, LargeObjectMode.READ,
							(from) -> this.template.open(two, LargeObjectMode.WRITE,
									(to) -> from.read(4000).flatMap((content) -> to.write(Mono.just(content)))))
					.then(Mono.just(1))));
		assertContent(two, bytes);
	}

	private void assertMisuse(Publisher<?> publisher, String message) {
		assertThat(failure(InvalidDataAccessApiUsageException.class, publisher)).hasMessageContaining(message);
	}

}
