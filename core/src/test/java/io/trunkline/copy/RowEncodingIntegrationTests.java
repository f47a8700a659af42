package io.trunkline.copy;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import org.springframework.core.convert.converter.Converter;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.annotation.ReadOnlyProperty;
import org.springframework.data.annotation.Transient;
import org.springframework.data.convert.CustomConversions;
import org.springframework.data.convert.CustomConversions.StoreConversions;
import org.springframework.data.convert.ReadingConverter;
import org.springframework.data.convert.WritingConverter;
import org.springframework.data.relational.core.conversion.MappingRelationalConverter;
import org.springframework.data.relational.core.conversion.RelationalConverter;
import org.springframework.data.relational.core.mapping.Column;
import org.springframework.data.relational.core.mapping.Embedded;
import org.springframework.data.relational.core.mapping.RelationalMappingContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RowEncodingIntegrationTests {

	private static final RowMapping mapping = RowMapping.ofDefaults();

	private static CopyFixture fixture;

	@BeforeAll
	static void createTables() {
		fixture = new CopyFixture();
		fixture.execute(
				"CREATE TABLE readings (id bigint, sensor_name text, level double precision, read_at timestamptz)",
				"CREATE TABLE notes (id int, words tsvector)",
				"CREATE TABLE people (id int, \"Full Name\" text, home_street text, home_zip int, born date)");
	}

	@AfterAll
	static void dropDatabase() {
		fixture.close();
	}

	@Test
	void loadsRecords() {
		RowEncoding<Reading> encoding = mapping.encodeObjects(Reading.class, fixture.columns("readings"));
		assertThat(encoding.isBinary()).isTrue();
		fixture.execute("TRUNCATE readings");
		Flux<Reading> rows = Flux.range(0, 10_000)
			.map((i) -> new Reading(i, (i % 7 == 0) ? null : "sensor " + i, i / 4.0, Instant.ofEpochSecond(i)));
		assertThat(fixture.load("readings", encoding, encoding.encode(rows))).isEqualTo(10_000);
		assertThat(fixture.query("""
				SELECT count(*) FROM readings WHERE sensor_name IS NOT DISTINCT FROM
				CASE WHEN id % 7 = 0 THEN NULL ELSE 'sensor ' || id END
				AND level = id / 4.0 AND read_at = to_timestamp(id)""")).isEqualTo("10000");
	}

	@Test
	void loadsBeansByColumnAnnotationsAndEmbeddedObjects() {
		fixture.execute("TRUNCATE people");
		Person person = new Person();
		person.id = 7;
		person.name = "Ada";
		person.home = new Address("Elm", 12345);
		Person homeless = new Person();
		RowEncoding<Person> encoding = mapping.encodeObjects(Person.class, fixture.columns("people").subList(0, 4));
		fixture.load("people", encoding, encoding.encode(Flux.just(person, homeless)));
		assertThat(fixture.query("SELECT string_agg(p::text, ' ' ORDER BY id) FROM people p"))
			.isEqualTo("(0,,,,) (7,Ada!,Elm,12345,)");
		assertThat(mapping.writableColumns(Person.class)).containsExactly("id", "Full Name", "home_street", "home_zip");
	}

	@Test
	void refusesAColumnThatNoPropertyIsMappedTo() {
		assertThatThrownBy(() -> mapping.encodeObjects(Reading.class, fixture.columns("people")))
			.isInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("Full Name")
			.hasMessageContaining("sensor_name");
	}

	@Test
	void loadsMapsWithoutAValueAsNull() {
		fixture.execute("TRUNCATE readings");
		RowEncoding<Map<String, ?>> encoding = mapping.encodeMaps(fixture.columns("readings"));
		Map<String, Object> row = new LinkedHashMap<>();
		row.put("id", 1);
		row.put("level", null);
		assertThat(fixture.load("readings", encoding,
				encoding
					.encode(Flux.just(row, Map.of("read_at", "2026-01-31T12:00:00+01:00", "sensor_name", "naïve 😀")))))
			.isEqualTo(2);
		assertThat(fixture.query("""
				SELECT string_agg((id, sensor_name, level, read_at AT TIME ZONE 'UTC')::text, ' ' ORDER BY id)
				FROM readings""")).isEqualTo("(1,,,) (,\"naïve 😀\",,\"2026-01-31 11:00:00\")");
	}

	@Test
	void loadsInTextFormWhatHasNoBinaryForm() {
		fixture.execute("TRUNCATE notes");
		RowEncoding<Map<String, ?>> encoding = mapping.encodeMaps(fixture.columns("notes"));
		assertThat(encoding.isBinary()).isFalse();
		fixture.load("notes", encoding,
				encoding.encode(Flux.just(Map.of("id", 1, "words", "'a\\\\\tb\n':1 b"), Map.of("id", 2))));
		assertThat(fixture.query("SELECT string_agg(n::text, ' ' ORDER BY id) FROM notes n WHERE words @@ 'b'"))
			.isEqualTo(fixture.query("SELECT (1, E'''a\\\\\\\\\\tb\\n'':1 b'::tsvector)::text"));
	}

	@Test
	void namesTheRowAndTheColumnOfAValueThatDoesNotFitAndStoresNothing() {
		fixture.execute("TRUNCATE readings");
		RowEncoding<Map<String, ?>> encoding = mapping.encodeMaps(fixture.columns("readings"));
		Flux<Map<String, ?>> rows = Flux.range(0, 50_000)
			.map((i) -> Map.of("id", (i == 40_000) ? "secret" : i, "level", i));
		assertThatExceptionOfType(CopyEncodingException.class)
			.isThrownBy(() -> fixture.load("readings", encoding, encoding.encode(rows)))
			.withMessage("Row 40000, column \"id\" of type int8, value of class java.lang.String:"
					+ " the text is not a whole number of at most 64 bits")
			.satisfies((ex) -> assertThat(ex.getRowIndex()).isEqualTo(40_000));
		assertThat(fixture.query("SELECT count(*) FROM readings")).isEqualTo("0");
	}

	@Test
	void refusesAnUnknownKey() {
		RowEncoding<Map<String, ?>> encoding = mapping.encodeMaps(fixture.columns("readings"));
		StepVerifier.create(encoding.encode(Flux.just(Map.of("id", 1), Map.of("id", 2, "colour", "red"))))
			.verifyErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(CopyEncodingException.class)
				.hasMessageContaining("Row 1")
				.hasMessageContaining("\"colour\"")
				.hasMessageContaining("sensor_name"));
	}

	@Test
	void asksForABoundedNumberOfRowsAndOneFrameInAdvance() {
		RowEncoding<Map<String, ?>> encoding = mapping.encodeMaps(fixture.columns("readings"));
		Map<String, ?> row = Map.of("sensor_name", "x".repeat(1000));
		AtomicInteger emitted = new AtomicInteger();
		AtomicInteger cancellations = new AtomicInteger();
		Flux<Map<String, ?>> rows = Flux.<Map<String, ?>>generate((sink) -> {
			emitted.incrementAndGet();
			sink.next(row);
		}).doOnCancel(cancellations::incrementAndGet).hide();
		StepVerifier.create(encoding.encode(rows), 0)
			.thenRequest(1)
			.expectNextCount(1)
			.then(() -> assertThat(emitted).as("rows of two frames").hasValueBetween(124, 200))
			.thenRequest(1)
			.expectNextCount(1)
			.then(() -> assertThat(emitted).as("rows of three frames").hasValueBetween(186, 300))
			.thenCancel()
			.verify();
		assertThat(cancellations).hasValue(1);
	}

	@Test
	void passesTheErrorOfTheSourceOn() {
		RowEncoding<Map<String, ?>> encoding = mapping.encodeMaps(fixture.columns("readings"));
		Flux<Map<String, ?>> rows = Flux.<Map<String, ?>>just(Map.of("id", 1))
			.concatWith(Flux.error(new IllegalStateException("source")));
		StepVerifier.create(encoding.encode(rows)).verifyErrorMessage("source");
	}

	@Test
	void encodesNoRowsAsTheFrameOfAnEmptyLoad() {
		RowEncoding<Map<String, ?>> encoding = mapping.encodeMaps(fixture.columns("readings"));
		assertThat(fixture.load("readings", encoding, encoding.encode(Flux.empty()))).isZero();
		Sinks.Empty<Map<String, ?>> never = Sinks.empty();
		StepVerifier.create(encoding.encode(never.asMono()))
			.then(never::tryEmitEmpty)
			.expectNextCount(1)
			.verifyComplete();
	}

	@Test
	void cutsARowThatIsLargerThanAFrame() {
		fixture.execute("TRUNCATE readings");
		RowEncoding<Map<String, ?>> encoding = mapping.encodeMaps(fixture.columns("readings"));
		String large = "0123456789".repeat(50_000);
		Flux<ByteBuf> frames = encoding
			.encode(Flux.just(Map.of("id", 1), Map.of("id", 2, "sensor_name", large), Map.of("id", 3)));
		List<Integer> sizes = frames.map(ByteBuf::readableBytes).collectList().block();
		assertThat(sizes).allMatch((size) -> size <= RowMapping.DEFAULT_FRAME_SIZE);
		assertThat(fixture.load("readings", encoding, frames)).isEqualTo(3);
		assertThat(fixture.query("SELECT md5(sensor_name) FROM readings WHERE id = 2"))
			.isEqualTo(fixture.query("SELECT md5(repeat('0123456789', 50000))"));
	}

	@Test
	void encodesTheSameRowsAgainForAnotherSubscriber() {
		RowEncoding<Map<String, ?>> encoding = mapping.encodeMaps(fixture.columns("readings"));
		Flux<ByteBuf> frames = encoding
			.encode(Flux.fromStream(() -> IntStream.range(0, 100_000).mapToObj((i) -> Map.of("id", i))));
		long first = size(frames);
		assertThat(first).isGreaterThan(2_600_000).isEqualTo(size(frames));
	}

	private static long size(Flux<ByteBuf> frames) {
		return frames.map(ByteBuf::readableBytes).reduce(0, Integer::sum).block();
	}

	@Test
	void encodesTheSameOnWhateverThreadsRowsAndDemandCome() {
		RowEncoding<Reading> encoding = mapping.encodeObjects(Reading.class, fixture.columns("readings"));
		Flux<Reading> rows = Flux.range(0, 200_000)
			.map((i) -> new Reading(i, "sensor " + i, i, Instant.ofEpochSecond(i)));
		byte[] expected = bytes(encoding.encode(rows));
		for (Flux<Reading> source : List.of(rows.hide(), rows.publishOn(Schedulers.parallel()),
				rows.hide().subscribeOn(Schedulers.parallel()).publishOn(Schedulers.parallel(), 7))) {
			assertThat(bytes(encoding.encode(source).publishOn(Schedulers.boundedElastic(), 1))).isEqualTo(expected);
		}
	}

	private static byte[] bytes(Flux<ByteBuf> frames) {
		ByteBuf all = Unpooled.buffer();
		frames.doOnNext(all::writeBytes).blockLast(TestPool.TIMEOUT);
		return ByteBufUtil.getBytes(all);
	}

	@Test
	void stopsTheSourceOfRowsWhenOneDoesNotFit() {
		RowEncoding<Map<String, ?>> encoding = mapping.encodeMaps(fixture.columns("readings"));
		AtomicInteger cancellations = new AtomicInteger();
		Flux<Map<String, ?>> rows = Flux.<Map<String, ?>>generate((sink) -> sink.next(Map.of("level", "high")))
			.doOnCancel(cancellations::incrementAndGet);
		for (Flux<Map<String, ?>> source : List.of(rows, rows.hide(), rows.publishOn(Schedulers.parallel()))) {
			StepVerifier.create(encoding.encode(source)).verifyError(CopyEncodingException.class);
		}
		assertThat(cancellations).hasValue(3);
	}

	@Test
	void usesTheConvertersOfTheApplication() {
		fixture.execute("DROP TABLE IF EXISTS orders",
				"CREATE TABLE orders (id int, price numeric, parts numeric[], rank text)");
		RelationalConverter converter = new MappingRelationalConverter(new RelationalMappingContext(),
				new CustomConversions(StoreConversions.NONE,
						List.of(new MoneyWriter(), new MoneyReader(), new RankWriter(), new RankReader())));
		RowMapping converting = new RowMapping(converter, null, RowMapping.DEFAULT_FRAME_SIZE);
		List<RowColumn> columns = fixture.columns("orders");
		RowEncoding<Order> encoding = converting.encodeObjects(Order.class, columns);
		Order order = new Order(1, new Money(250), List.of(new Money(1), new Money(2)), Rank.HIGH);
		fixture.load("orders", encoding, encoding.encode(Flux.just(order)));
		RowEncoding<Map<String, ?>> maps = converting.encodeMaps(columns);
		fixture.load("orders", maps, maps
			.encode(Flux.just(Map.of("id", 1, "price", order.price(), "parts", order.parts(), "rank", order.rank()))));
		assertThat(fixture.query("SELECT string_agg(o::text, ' ') FROM orders o"))
			.isEqualTo("(1,2.50,\"{0.01,0.02}\",h) (1,2.50,\"{0.01,0.02}\",h)");
		StepVerifier
			.create(converting.decodeObjects(Order.class, columns).decode(fixture.unload("SELECT * FROM orders")))
			.expectNext(order, order)
			.verifyComplete();
	}

	enum Rank {

		HIGH

	}

	record Money(long cents) {

	}

	record Order(int id, Money price, List<Money> parts, Rank rank) {

	}

	@WritingConverter
	static class MoneyWriter implements Converter<Money, BigDecimal> {

		@Override
		public BigDecimal convert(Money money) {
			return BigDecimal.valueOf(money.cents(), 2);
		}

	}

	@ReadingConverter
	static class MoneyReader implements Converter<BigDecimal, Money> {

		@Override
		public Money convert(BigDecimal amount) {
			return new Money(amount.unscaledValue().longValueExact());
		}

	}

	@WritingConverter
	static class RankWriter implements Converter<Rank, String> {

		@Override
		public String convert(Rank rank) {
			return rank.name().substring(0, 1).toLowerCase(Locale.ROOT);
		}

	}

	@ReadingConverter
	static class RankReader implements Converter<String, Rank> {

		@Override
		public Rank convert(String letter) {
			return letter.equals("h") ? Rank.HIGH : null;
		}

	}

	record Reading(long id, String sensorName, double level, Instant readAt) {

	}

	record Address(String street, int zip) {

	}

	static class Person {

		private int id;

		@Column("Full Name")
		private String name;

		@Embedded(onEmpty = Embedded.OnEmpty.USE_NULL, prefix = "home_")
		private Address home;

		@ReadOnlyProperty
		private java.time.LocalDate born;

		@Transient
		private Object cache;

		public String getName() {
			return (this.name != null) ? this.name + "!" : null;
		}

	}

}
