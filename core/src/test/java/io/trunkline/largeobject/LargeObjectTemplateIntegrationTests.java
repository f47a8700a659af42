package io.trunkline.largeobject;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class LargeObjectTemplateIntegrationTests extends LargeObjectFixture {

	private static final long LARGEST = Integer.MAX_VALUE * 2048L;

	@ParameterizedTest
	@ValueSource(ints = { 2 * 1024, 64 * 1024, 256 * 1024 })
	void roundTripsEverySizeAroundTheChunkBorders(int chunkSize) {
		this.template = template(chunkSize);
		int[] sizes = { 0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 3 * chunkSize, 3 * chunkSize + 1,
				chunkSize * 2 + this.random.nextInt(chunkSize * 20), LargeObjectWriter.ONE_STATEMENT_LIMIT,
				LargeObjectWriter.ONE_STATEMENT_LIMIT + 1 };
		for (int size : sizes) {
			byte[] bytes = randomBytes(size);
			LargeObjectTransfer outcome = get(
					this.template.write(content(bytes), TransferOptions.defaults().withSha256()));
			assertThat(outcome.bytes()).as("seed %d", this.seed).isEqualTo(size);
			assertThat(outcome.sha256()).as("size %d, seed %d", size, this.seed).isEqualTo(sha256(bytes));
			assertContent(outcome.oid(), bytes);
			assertThat(get(this.template.stat(outcome.oid())).size()).isEqualTo(size);
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void roundTripsWithinOneTransaction(boolean small) {
		byte[] bytes = randomBytes(small ? 1000 : 300_000);
		Mono<byte[]> work = this.template.write(content(bytes))
			.flatMap((outcome) -> this.template.read(outcome.oid())
				.map(LargeObjectFixture::bytes)
				.reduce(new byte[0], LargeObjectTemplateIntegrationTests::concat));
		assertThat(sha256(get(this.pool.within(true, work)))).as("seed %d", this.seed).isEqualTo(sha256(bytes));
	}

	@Test
	void writesManyObjectsInOneTransaction() {
		List<byte[]> contents = IntStream.range(0, 5).mapToObj((i) -> randomBytes(40_000 * i)).toList();
		List<Long> oids = get(this.pool.within(true,
				Flux.fromIterable(contents)
					.concatMap((bytes) -> this.template.write(content(bytes)))
					.map(LargeObjectTransfer::oid)
					.collectList()));
		for (int i = 0; i < oids.size(); i++) {
			assertContent(oids.get(i), contents.get(i));
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 100, 100_000 })
	void replacesAllThatWasThere(int size) {
		long oid = written(randomBytes(200_000));
		byte[] bytes = randomBytes(size);
		assertThat(get(this.template.write(oid, content(bytes))).oid()).isEqualTo(oid);
		assertContent(oid, bytes);
		run(this.template.write(oid, Flux.empty()));
		assertContent(oid, new byte[0]);
	}

	@ParameterizedTest
	@ValueSource(ints = { 100, 100_000 })
	void appendsAtTheEnd(int size) {
		byte[] first = randomBytes(3001);
		byte[] second = randomBytes(size);
		long oid = written(first);
		assertThat(get(this.template.append(oid, content(second))).bytes()).isEqualTo(size);
		run(this.template.append(oid, content(first)));
		assertContent(oid, concat(concat(first, second), first));
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 100, 100_000 })
	void writesOverAPartAndKeepsTheRest(int size) {
		byte[] expected = randomBytes(150_001);
		long oid = written(expected);
		for (int round = 0; round < 5; round++) {
			byte[] patch = randomBytes(size);
			int offset = this.random.nextInt(expected.length - size);
			run(this.template.writeAt(oid, offset, content(patch)));
			System.arraycopy(patch, 0, expected, offset, size);
		}
		assertContent(oid, expected);
	}

	@Test
	void leavesAHoleBehindTheEnd() {
		byte[] bytes = randomBytes(100);
		long oid = written(bytes);
		run(this.template.writeAt(oid, 10_000_000, content(bytes)));
		byte[] expected = new byte[10_000_100];
		System.arraycopy(bytes, 0, expected, 0, 100);
		System.arraycopy(bytes, 0, expected, 10_000_000, 100);
		assertContent(oid, expected);
		assertThat(pages(oid)).isLessThan(4);
	}

	@Test
	void reachesFarBeyondTwoGibibytes() {
		long oid = get(this.template.create());
		long far = (5L << 30) + 7;
		byte[] bytes = randomBytes(5000);
		run(this.template.writeAt(oid, far, content(bytes)));
		assertThat(get(this.template.stat(oid)).size()).isEqualTo(far + 5000);
		assertThat(bytes(this.template.read(oid, far - 3, 5003))).isEqualTo(concat(new byte[] { 0, 0, 0 }, bytes));
		assertThat(bytes(this.template.read(oid, far + 4990, Long.MAX_VALUE)))
			.isEqualTo(Arrays.copyOfRange(bytes, 4990, 5000));
		run(this.template.truncate(oid, far + 10));
		assertThat(get(this.template.stat(oid)).size()).isEqualTo(far + 10);
		run(this.template.truncate(oid, 3L << 30));
		assertThat(get(this.template.stat(oid)).size()).isEqualTo(3L << 30);
		assertThat(pages(oid)).isLessThan(4);
		run(this.template.truncate(oid, LARGEST));
		assertThat(get(this.template.stat(oid)).size()).isEqualTo(LARGEST);
		assertThat(bytes(this.template.read(oid, LARGEST - 5, 10))).isEqualTo(new byte[5]);
	}

	@Test
	void readsEveryRange() {
		byte[] bytes = randomBytes(5 * SMALL + 100);
		long oid = written(bytes);
		int[] borders = { 0, 1, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL, bytes.length - 1, bytes.length,
				bytes.length + 1, bytes.length + SMALL };
		for (int offset : borders) {
			for (long length : new long[] { 0, 1, SMALL - 1, SMALL, SMALL + 1, bytes.length, Long.MAX_VALUE }) {
				int from = Math.min(offset, bytes.length);
				int to = (int) Math.min(bytes.length, Math.min(Long.MAX_VALUE - offset, length) + offset);
				assertThat(bytes(this.template.read(oid, offset, length))).as("%d bytes from %d", length, offset)
					.isEqualTo(Arrays.copyOfRange(bytes, from, Math.max(from, to)));
			}
		}
	}

	@Test
	void closesItsDescriptorsInALongTransaction() {
		long oid = written(randomBytes(5000));
		byte[] large = randomBytes(50_000);
		Mono<Integer> descriptor = this.pool.values(Integer.class, "SELECT lo_open(" + oid + "::oid, 262144)").single();
		Mono<List<Integer>> descriptors = descriptor.flatMap((first) -> this.template.read(oid)
			.doOnNext(DataBufferUtils::release)
			.then(this.template.stat(oid))
			.then(this.template.truncate(oid, 10))
			.then(this.template.copy(oid))
			.then(this.template.append(oid, content(large)))
			.then(this.template.write(content(large)))
			.then(this.template.append(oid, content(new byte[3])))
			.then(this.template.open(oid, LargeObjectMode.READ, LargeObjectSession::size).then())
			.then(descriptor)
			.map((second) -> List.of(first, second)));
		assertThat(get(this.pool.within(true, descriptors))).containsExactly(0, 1);
	}

	@Test
	void createsWithAnOidOfTheServersOrTheCallersChoice() {
		long oid = get(this.template.create());
		assertContent(oid, new byte[0]);
		assertThat(get(this.template.create(3_999_999_999L))).isEqualTo(3_999_999_999L);
		assertThat(failure(DuplicateKeyException.class, this.template.create(3_999_999_999L)))
			.hasMessageContaining("Large object 3999999999 exists already");
		assertThat(get(this.template.exists(3_999_999_999L))).isTrue();
		assertThat(objects()).isEqualTo(2);
	}

	@Test
	void copiesContentAndKeepsHoles() {
		byte[] bytes = randomBytes(10_000);
		long oid = written(bytes);
		run(this.template.writeAt(oid, 1L << 30, content(bytes)));
		run(this.template.truncate(oid, (1L << 30) + 50_000_001));
		long pages = pages(oid);
		int pagesOfAChunk = 64;
		long copy = get(template(pagesOfAChunk * 2048).copy(oid));
		assertThat(copy).isNotEqualTo(oid);
		assertThat(pages(copy)).isBetween(pages, 2L * pagesOfAChunk + 1);
		assertThat(get(this.template.stat(copy)).size()).isEqualTo((1L << 30) + 50_000_001);
		assertThat(bytes(this.template.read(copy, 0, 12_000))).isEqualTo(Arrays.copyOf(bytes, 12_000));
		assertThat(bytes(this.template.read(copy, 1L << 30, 12_000))).isEqualTo(Arrays.copyOf(bytes, 12_000));
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, SMALL - 1, SMALL, SMALL + 1, 10 * SMALL, 100_001 })
	void copiesEverySize(int size) {
		byte[] bytes = randomBytes(size);
		assertContent(get(this.template.copy(written(bytes))), bytes);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2047, 2048, 2049, 70_000, 90_000 })
	void truncatesAndExtends(int length) {
		byte[] bytes = randomBytes(80_000);
		long oid = written(bytes);
		run(this.template.truncate(oid, length));
		assertContent(oid, Arrays.copyOf(bytes, length));
	}

	@Test
	void tellsSizeOwnerAndExistence() {
		long oid = written(randomBytes(77));
		assertThat(get(this.template.stat(oid))).isEqualTo(new LargeObject(oid, 77, this.server.user()));
		assertThat(get(this.template.exists(oid))).isTrue();
		assertThat(get(this.template.exists(MISSING))).isFalse();
	}

	@Test
	void deletesAllOrNone() {
		long one = get(this.template.create());
		long two = get(this.template.create());
		assertThat(failure(LargeObjectNotFoundException.class, this.template.delete(List.of(one, MISSING, two))))
			.satisfies((ex) -> assertThat(ex.getOid()).isEqualTo(MISSING));
		assertThat(objects()).isEqualTo(2);
		assertThat(get(this.template.delete(List.of(two, one, two)))).containsExactlyInAnyOrder(one, two);
		assertThat(objects()).isZero();
		assertThat(get(this.template.delete(List.<Long>of()))).isEmpty();
	}

	@Test
	void deletesWhatExists() {
		long one = get(this.template.create());
		long two = get(this.template.create());
		assertThat(get(this.template.deleteIfExists(List.of(one, MISSING, one)))).containsExactly(one);
		assertThat(get(this.template.deleteIfExists(one))).isFalse();
		assertThat(get(this.template.deleteIfExists(two))).isTrue();
		assertThat(get(this.template.deleteIfExists(List.<Long>of()))).isEmpty();
		assertThat(objects()).isZero();
	}

	@Test
	void doesNothingBeforeSubscription() {
		this.template.create();
		this.template.write(Flux.error(new IllegalStateException("not asked for")));
		this.template.copy(1);
		this.template.delete(1);
		assertThat(this.pool.connectionFactory().getMetrics().orElseThrow().allocatedSize()).isZero();
	}

	@Test
	void rollsBackWithTheTransactionAroundIt() {
		long kept = written(randomBytes(3000));
		Mono<Void> work = this.template.write(content(randomBytes(60_000)))
			.then(this.template.truncate(kept, 5))
			.then(this.template.copy(kept))
			.then(this.template.delete(kept))
			.then(Mono.error(new IllegalStateException("undo")));
		failure(IllegalStateException.class, this.pool.within(true, work));
		assertThat(objects()).isOne();
		assertThat(get(this.template.stat(kept)).size()).isEqualTo(3000);
	}

	@ParameterizedTest
	@MethodSource("operationsOnAMissingObject")
	void reportsAMissingObject(Operation operation) {
		LargeObjectNotFoundException failure = failure(LargeObjectNotFoundException.class,
				operation.on(this.template, MISSING));
		assertThat(failure.getOid()).isEqualTo(MISSING);
		assertThat(failure).hasMessage("Large object 4000000000 does not exist");
		this.pool.assertUsable();
		assertThat(objects()).isZero();
	}

	static Stream<Operation> operationsOnAMissingObject() {
		return Stream.of((template, oid) -> template.read(oid), (template, oid) -> template.read(oid, 5, 5),
				(template, oid) -> template.stat(oid), (template, oid) -> template.truncate(oid, 0),
				(template, oid) -> template.copy(oid), (template, oid) -> template.delete(oid),
				(template, oid) -> template.write(oid, zeros(10)),
				(template, oid) -> template.write(oid, zeros(100_000)),
				(template, oid) -> template.writeAt(oid, 7, zeros(10)),
				(template, oid) -> template.writeAt(oid, 7, zeros(100_000)),
				(template, oid) -> template.append(oid, zeros(10)),
				(template, oid) -> template.append(oid, zeros(100_000)),
				(template, oid) -> template.open(oid, LargeObjectMode.READ, LargeObjectSession::size),
				(template, oid) -> template.open(oid, LargeObjectMode.WRITE, LargeObjectSession::size),
				(template, oid) -> template.grant(oid, "public", LargeObjectPrivilege.SELECT),
				(template, oid) -> template.revoke(oid, "public", LargeObjectPrivilege.SELECT),
				(template, oid) -> template.changeOwner(oid, "postgres"));
	}

	@ParameterizedTest
	@ValueSource(longs = { -1, 0, 0x100000000L })
	void refusesAnOidThatIsNone(long oid) {
		Stream
			.<Operation>concat(operationsOnAMissingObject(),
					Stream.of(LargeObjectTemplate::create, LargeObjectTemplate::exists,
							(template, wrong) -> template.deleteIfExists(wrong)))
			.forEach((operation) -> assertThat(
					failure(InvalidDataAccessApiUsageException.class, operation.on(this.template, oid)))
				.hasMessage("'oid' must be between 1 and 4294967295, and is " + oid));
	}

	@Test
	void refusesPositionsThatCannotBe() {
		long oid = get(this.template.create());
		assertThat(failure(InvalidDataAccessApiUsageException.class, this.template.read(oid, -1, 1)))
			.hasMessageStartingWith("'offset' must be between 0 and");
		assertThat(failure(InvalidDataAccessApiUsageException.class, this.template.read(oid, 0, -1)))
			.hasMessage("'length' must not be negative, and is -1");
		assertThat(failure(InvalidDataAccessApiUsageException.class, this.template.writeAt(oid, LARGEST + 1, zeros(1))))
			.hasMessageStartingWith("'offset' must be between 0 and")
			.hasMessageEndingWith("and is " + (LARGEST + 1));
		assertThat(failure(InvalidDataAccessApiUsageException.class, this.template.truncate(oid, -3)))
			.hasMessageStartingWith("'length' must be between 0 and");
	}

	@ParameterizedTest
	@ValueSource(ints = { -2048, 0, 1, 2047, 3000, 16 * 1024 * 1024 + 2048 })
	void refusesAChunkSizeThatIsNoNumberOfPages(int chunkSize) {
		assertThatIllegalArgumentException().isThrownBy(() -> template(chunkSize))
			.withMessageContaining("'chunkSize' must be a multiple of 2048 bytes")
			.withMessageEndingWith("and is " + chunkSize);
	}

	@Test
	void releasesTheContentOfAWriteToAMissingObject() {
		byte[] bytes = randomBytes(200_000);
		failure(LargeObjectNotFoundException.class, this.template.write(MISSING, content(bytes)));
		failure(LargeObjectNotFoundException.class, this.template.append(MISSING, content(bytes)));
	}

	private static Flux<DataBuffer> zeros(int size) {
		return Flux.defer(() -> Flux.just(DefaultDataBufferFactory.sharedInstance.wrap(new byte[size])));
	}

	private static byte[] concat(byte[] one, byte[] other) {
		byte[] both = Arrays.copyOf(one, one.length + other.length);
		System.arraycopy(other, 0, both, one.length, other.length);
		return both;
	}

	/**
	 * Something to do with an object.
	 */
	interface Operation {

		Publisher<?> on(LargeObjectTemplate template, long oid);

	}

}
