package io.trunkline.largeobject;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.embedded.testing.PostgresTestServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.transaction.reactive.TransactionalOperator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * {@link OrphanedLargeObjects} against a database of its own for each test.
 */
class OrphanedLargeObjectsIntegrationTests {

	private static final Duration GRACE = Duration.ofHours(1);

	private final PostgresTestServer server = PostgresTestServer.get();

	private final TestClock clock = new TestClock();

	private String database;

	private ConnectionFactory connectionFactory;

	private LargeObjectTemplate template;

	private OrphanedLargeObjects orphans;

	@BeforeEach
	void createDatabase() {
		this.database = this.server.createDatabase();
		this.connectionFactory = this.server.connectionFactoryFor(this.database);
		this.template = LargeObjectTemplate.create(this.connectionFactory);
		this.orphans = builder().build();
		sql("CREATE TABLE files (id bigint GENERATED ALWAYS AS IDENTITY, content oid)");
	}

	@AfterEach
	void dropDatabase() {
		this.server.dropDatabase(this.database);
	}

	@Test
	void countsOrphansAndTheirBytesWithoutTouchingThem() {
		List<Long> oids = write(5, 3000);
		sql("INSERT INTO files (content) VALUES (" + oids.get(0) + "), (" + oids.get(3) + ")");
		OrphanReport report = find();
		assertThat(report.count()).isEqualTo(3);
		assertThat(report.bytes()).isEqualTo(9000);
		assertThat(report.oldestOid()).isEqualTo(oids.get(1));
		assertThat(report.notOwned()).isZero();
		assertThat(existing(oids)).containsExactlyElementsOf(oids);
	}

	@Test
	void findsNothingInAnEmptyDatabase() {
		OrphanReport report = find();
		assertThat(report.count()).isZero();
		assertThat(report.bytes()).isZero();
		assertThat(report.oldestOid()).isNull();
	}

	@Test
	void deletesOnlyWhatNothingRefersTo() {
		List<Long> oids = write(7, 100);
		sql("INSERT INTO files (content) VALUES (" + oids.get(2) + ")");
		OrphanReport report = find();
		this.clock.advance(GRACE);
		OrphanSweep sweep = this.orphans.delete(report).block();
		assertThat(sweep.deleted()).isEqualTo(6);
		assertThat(sweep.bytes()).isEqualTo(600);
		assertThat(existing(oids)).containsExactly(oids.get(2));
		assertThat(find().count()).isZero();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 3, 6, 100 })
	void deletesInBatchesOfTheGivenSize(int batchSize) {
		List<Long> oids = write(6, 10);
		OrphanReport report = find();
		this.clock.advance(GRACE);
		OrphanSweep sweep = builder().batchSize(batchSize).build().delete(report).block();
		assertThat(sweep.deleted()).isEqualTo(6);
		assertThat(sweep.batches()).isEqualTo((6 + batchSize - 1) / batchSize);
		assertThat(existing(oids)).isEmpty();
	}

	@Test
	void eachBatchCommitsAndACancellationKeepsTheRest() throws SQLException {
		List<Long> oids = write(4, 10);
		OrphanReport report = find();
		this.clock.advance(GRACE);
		try (Connection blocker = this.server.jdbc(this.database); Statement statement = blocker.createStatement()) {
			blocker.setAutoCommit(false);
			statement.execute("COMMENT ON LARGE OBJECT " + oids.get(2) + " IS 'locked'");
			Disposable sweep = builder().batchSize(1).build().delete(report).subscribe();
			await().untilAsserted(() -> assertThat(existing(oids)).containsExactly(oids.get(2), oids.get(3)));
			sweep.dispose();
			blocker.rollback();
		}
		await().untilAsserted(() -> assertThat(existing(oids)).contains(oids.get(3)));
	}

	@Test
	void sparesWhatWasAlteredSinceTheSearch() {
		List<Long> oids = write(2, 10);
		OrphanReport report = find();
		sql("GRANT SELECT ON LARGE OBJECT " + oids.get(0) + " TO public");
		this.clock.advance(GRACE);
		assertThat(this.orphans.delete(report).block().deleted()).isEqualTo(1);
		assertThat(existing(oids)).containsExactly(oids.get(0));
	}

	@Test
	void sparesWhatWasUploadedAfterTheSearch() {
		List<Long> old = write(1, 10);
		OrphanReport report = find();
		List<Long> young = write(1, 10);
		this.clock.advance(GRACE);
		assertThat(this.orphans.delete(report).block().deleted()).isEqualTo(1);
		assertThat(existing(old)).isEmpty();
		assertThat(existing(young)).isEqualTo(young);
	}

	@Test
	void sparesAnUploadThatWasRunningDuringTheSearchAndCommittedLater() {
		TransactionalOperator operator = TransactionalOperator
			.create(new R2dbcTransactionManager(this.connectionFactory));
		OrphanReport[] report = new OrphanReport[1];
		Long oid = this.template.write(content(10))
			.map(LargeObjectTransfer::oid)
			.flatMap((written) -> Mono.fromCallable(() -> {
				report[0] = find();
				return written;
			}).subscribeOn(Schedulers.boundedElastic()))
			.as(operator::transactional)
			.block();
		assertThat(report[0].count()).isZero();
		this.clock.advance(GRACE);
		assertThat(this.orphans.delete(report[0]).block().deleted()).isZero();
		assertThat(existing(List.of(oid))).containsExactly(oid);
	}

	@Test
	void sparesWhatARowRefersToSinceTheSearch() {
		List<Long> oids = write(2, 10);
		OrphanReport report = find();
		sql("INSERT INTO files (content) VALUES (" + oids.get(0) + ")");
		this.clock.advance(GRACE);
		assertThat(this.orphans.delete(report).block().deleted()).isEqualTo(1);
		assertThat(existing(oids)).containsExactly(oids.get(0));
	}

	@Test
	void refusesAReportYoungerThanTheGracePeriod() {
		List<Long> oids = write(1, 10);
		OrphanReport report = find();
		this.clock.advance(GRACE.minusSeconds(1));
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> this.orphans.delete(report).block())
			.withMessageContaining("grace period is PT1H");
		assertThat(existing(oids)).isEqualTo(oids);
	}

	@Test
	void refusesToDeleteInsideATransaction() {
		List<Long> oids = write(1, 10);
		OrphanReport report = find();
		this.clock.advance(GRACE);
		TransactionalOperator operator = TransactionalOperator
			.create(new R2dbcTransactionManager(this.connectionFactory));
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> this.orphans.delete(report).as(operator::transactional).block())
			.withMessageContaining("outside a transaction");
		assertThat(existing(oids)).isEqualTo(oids);
	}

	@ParameterizedTest
	@ValueSource(strings = { "CREATE TABLE other (c oid)", "CREATE DOMAIN lo AS oid; CREATE TABLE other (c lo)",
			"CREATE DOMAIN a AS oid; CREATE DOMAIN b AS a; CREATE TABLE other (c b)",
			"CREATE TABLE parent (c oid, k int) PARTITION BY LIST (k);"
					+ " CREATE TABLE other PARTITION OF parent DEFAULT" })
	void looksIntoEveryKindOfColumn(String ddl) {
		sql(ddl);
		List<Long> oids = write(2, 10);
		sql("INSERT INTO other (c) VALUES (" + oids.get(1) + ")");
		assertThat(find().count()).isEqualTo(1);
		assertThat(find().oldestOid()).isEqualTo(oids.get(0));
	}

	@ParameterizedTest
	@ValueSource(strings = { "CREATE TABLE other (c oid[])", "CREATE DOMAIN lo AS oid; CREATE TABLE other (c lo[])",
			"CREATE DOMAIN los AS oid[]; CREATE TABLE other (c los)" })
	void looksIntoArrays(String ddl) {
		sql(ddl);
		List<Long> oids = write(3, 10);
		sql("INSERT INTO other (c) VALUES (ARRAY[" + oids.get(0) + ", " + oids.get(2) + "]::oid[])");
		assertThat(find().oldestOid()).isEqualTo(oids.get(1));
		assertThat(find().count()).isEqualTo(1);
	}

	@Test
	void looksIntoMaterializedViewsAndNamesThatNeedQuoting() {
		List<Long> oids = write(3, 10);
		sql("CREATE SCHEMA \"My \"\"Schema\"", "CREATE TABLE \"My \"\"Schema\".\"A.b\" (\"C d\" oid)",
				"INSERT INTO \"My \"\"Schema\".\"A.b\" VALUES (" + oids.get(0) + ")",
				"CREATE MATERIALIZED VIEW kept AS SELECT " + oids.get(1) + "::oid AS c",
				"CREATE MATERIALIZED VIEW empty AS SELECT 1::oid AS c WITH NO DATA");
		assertThat(find().oldestOid()).isEqualTo(oids.get(2));
		assertThat(find().count()).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "bigint", "text", "numeric" })
	void looksIntoNamedColumnsOfOtherTypes(String type) {
		sql("CREATE TABLE other (c " + type + ")");
		List<Long> oids = write(2, 10);
		sql("INSERT INTO other VALUES (" + oids.get(0) + "), (NULL)");
		assertThat(find().count()).isEqualTo(2);
		OrphanReport report = builder().referencedBy("public", "other", "c").build().find().block();
		assertThat(report.count()).isEqualTo(1);
		assertThat(report.oldestOid()).isEqualTo(oids.get(1));
	}

	@Test
	void refusesWhenAColumnIsHiddenInACompositeType() {
		sql("CREATE TYPE pair AS (a int, b oid)", "CREATE TABLE other (c pair)");
		assertThatExceptionOfType(UnreadableReferencesException.class).isThrownBy(this::find)
			.withMessageContaining("public.other.c (a composite type with an oid)");
		assertThat(builder().ignoring("public", "other", "c").build().find().block().count()).isZero();
	}

	@Test
	void refusesWhenARoleMayNotReadAColumn() {
		String role = this.server.createRole("secret");
		try {
			OrphanedLargeObjects asRole = OrphanedLargeObjects
				.builder(PostgresConnections
					.create(io.r2dbc.spi.ConnectionFactories.get(this.server.options(role, "secret", this.database))))
				.build();
			assertThatExceptionOfType(UnreadableReferencesException.class).isThrownBy(() -> asRole.find().block())
				.satisfies((ex) -> assertThat(ex.getColumns())
					.containsExactly("public.files.content (no right to select)"));
			sql("GRANT SELECT ON files TO " + role, "ALTER TABLE files ENABLE ROW LEVEL SECURITY");
			assertThatExceptionOfType(UnreadableReferencesException.class).isThrownBy(() -> asRole.find().block())
				.withMessageContaining("row security hides rows");
			sql("ALTER TABLE files DISABLE ROW LEVEL SECURITY");
			write(2, 10);
			OrphanReport report = asRole.find().block();
			assertThat(report.count()).isZero();
			assertThat(report.notOwned()).isEqualTo(2);
		}
		finally {
			sql("DROP OWNED BY " + role);
			this.server.dropRole(role);
		}
	}

	@Test
	void aRoleDeletesItsOwnObjectsOnly() {
		String role = this.server.createRole("secret");
		try {
			ConnectionFactory asRole = ConnectionFactories.get(this.server.options(role, "secret", this.database));
			sql("GRANT SELECT ON files TO " + role);
			List<Long> others = write(1, 10);
			Long own = LargeObjectTemplate.create(asRole).write(content(10)).block().oid();
			OrphanedLargeObjects orphans = OrphanedLargeObjects.builder(PostgresConnections.create(asRole))
				.gracePeriod(Duration.ZERO)
				.build();
			assertThat(orphans.find().flatMap(orphans::delete).block().deleted()).isEqualTo(1);
			assertThat(existing(List.of(own))).isEmpty();
			assertThat(existing(others)).isEqualTo(others);
		}
		finally {
			sql("DROP OWNED BY " + role);
			this.server.dropRole(role);
		}
	}

	private OrphanReport find() {
		return this.orphans.find().block();
	}

	private OrphanedLargeObjects.Builder builder() {
		return OrphanedLargeObjects.builder(PostgresConnections.create(this.connectionFactory))
			.gracePeriod(GRACE)
			.clock(this.clock);
	}

	private List<Long> write(int count, int size) {
		return Flux.range(0, count)
			.concatMap((i) -> this.template.write(content(size)))
			.map(LargeObjectTransfer::oid)
			.collectList()
			.block();
	}

	private static Flux<DataBuffer> content(int size) {
		return Flux.defer(() -> Flux.just(DefaultDataBufferFactory.sharedInstance.wrap(new byte[size])));
	}

	private List<Long> existing(List<Long> oids) {
		return Flux.fromIterable(oids).filterWhen(this.template::exists).collectList().block();
	}

	private void sql(String... statements) {
		this.server.executeIn(this.database, Stream.of(statements).toArray(String[]::new));
	}

	/**
	 * A clock that moves when it is told to.
	 */
	private static final class TestClock extends Clock {

		private Instant now = Instant.parse("2026-01-01T00:00:00Z");

		void advance(Duration duration) {
			this.now = this.now.plus(duration);
		}

		@Override
		public Instant instant() {
			return this.now;
		}

		@Override
		public ZoneId getZone() {
			return ZoneOffset.UTC;
		}

		@Override
		public Clock withZone(ZoneId zone) {
			throw new IllegalStateException("Only one zone");
		}

	}

}
