package io.trunkline.test.session;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

import io.netty.buffer.Unpooled;
import io.netty.util.ReferenceCountUtil;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.postgresql.api.PostgresqlStatement;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.backend.ReadyForQuery;
import io.r2dbc.postgresql.message.frontend.Bind;
import io.r2dbc.postgresql.message.frontend.CompositeFrontendMessage;
import io.r2dbc.postgresql.message.frontend.Execute;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Parse;
import io.r2dbc.postgresql.message.frontend.Query;
import io.r2dbc.postgresql.message.frontend.Sync;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.IsolationLevel;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.test.session.OwnStatement.Command;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What goes ahead of a statement keeps it from running where it fails itself: a statement
 * never runs outside of the transaction that was to begin before it.
 */
class AheadIntegrationTests {

	private static final PostgresTestServer server = PostgresTestServer.get();

	private static final String INSERT = "INSERT INTO item VALUES (1)";

	private final String database = server.createDatabase();

	private final ConnectionFactory factory = server.connectionFactoryFor(this.database);

	private final List<Throwable> refused = new ArrayList<>();

	private final List<Integer> answered = new ArrayList<>();

	private Wire wire;

	@BeforeEach
	void connect() {
		server.executeIn(this.database, "CREATE TABLE item (id int)");
		Connection connection = Mono.<Connection>from(this.factory.create()).block(SessionFixture.LONG);
		this.wire = new Wire(this.factory, connection);
	}

	@AfterEach
	void close() {
		this.wire.giveBack().block(SessionFixture.LONG);
		server.dropDatabase(this.database);
	}

	private OwnStatement statement(String sql) {
		return new OwnStatement(new Command(sql), this.refused::add, this.answered::add);
	}

	private static FrontendMessage message(boolean simple, String sql) {
		return simple ? new Query(sql) : new CompositeFrontendMessage(new Parse("", new int[0], sql),
				new Bind("", List.of(), List.of(), List.of(), ""), new Execute("", 0), Sync.INSTANCE);
	}

	private List<String> exchange(FrontendMessage message) {
		return this.wire.exchange(ReadyForQuery.class::isInstance, Mono.just(message))
			.map(AheadIntegrationTests::name)
			.collectList()
			.block(SessionFixture.LONG);
	}

	private static String name(BackendMessage message) {
		String name = message.getClass().getSimpleName();
		ReferenceCountUtil.release(message);
		return name;
	}

	private int items() {
		return DatabaseClient.create(this.factory)
			.sql("SELECT count(*)::int FROM item")
			.mapValue(Integer.class)
			.one()
			.block(SessionFixture.LONG);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void theAnswersAreKeptFromTheNextStatement(boolean simple) {
		this.wire.runLater(statement("BEGIN"));
		this.wire.runLater(statement("SELECT generate_series(1, 3)"));
		List<String> answer = exchange(message(simple, INSERT));
		assertThat(answer).endsWith("CommandComplete").containsOnlyOnce("CommandComplete").doesNotContain("DataRow");
		assertThat(this.answered).containsExactly(0, 3);
		assertThat(this.refused).isEmpty();
		assertThat(this.wire.isInTransaction()).isTrue();
		assertThat(items()).isZero();
		this.wire.run("COMMIT").block(SessionFixture.LONG);
		assertThat(items()).isOne();
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aStatementDoesNotRunWhereWhatGoesAheadFails(boolean simple) {
		this.wire.runLater(statement("SELECT 1"));
		this.wire.runLater(statement("SELECT 1 / 0"));
		this.wire.runLater(statement("BEGIN"));
		assertThat(exchange(message(simple, INSERT))).containsExactly("ErrorResponse");
		assertThat(this.answered).containsExactly(1);
		assertThat(this.refused).singleElement().asString().contains("SELECT 1 / 0", "division by zero");
		assertThat(this.wire.isInTransaction()).isFalse();
		assertThat(items()).isZero();
		assertThat(exchange(message(simple, INSERT))).endsWith("CommandComplete");
		assertThat(items()).isOne();
	}

	@Test
	void aStatementOfTheSessionDoesNotRunWhereWhatGoesAheadFails() {
		this.wire.runLater(statement("SELECT 1 / 0"));
		assertThatExceptionOfType(Wire.ServerException.class)
			.isThrownBy(() -> this.wire.run(INSERT).block(SessionFixture.LONG))
			.withMessageContaining("division by zero");
		assertThat(items()).isZero();
		this.wire.run(INSERT).block(SessionFixture.LONG);
		assertThat(items()).isOne();
	}

	/**
	 * No data is asked for, and what would have been sent is not.
	 */
	@Test
	void aCopyDoesNotRunWhereWhatGoesAheadFails() {
		this.wire.runLater(statement("SELECT 1 / 0"));
		List<String> answer = this.wire
			.exchange(ReadyForQuery.class::isInstance,
					Flux.concat(Mono.just(new Query("COPY item FROM STDIN")), Mono.never()))
			.map(AheadIntegrationTests::name)
			.collectList()
			.block(SessionFixture.LONG);
		assertThat(answer).containsExactly(ErrorResponse.class.getSimpleName());
		this.wire.run(INSERT).block(SessionFixture.LONG);
		assertThat(items()).isOne();
	}

	@Test
	void whatIsForgottenIsNotSent() {
		OwnStatement insert = statement(INSERT);
		this.wire.runLater(insert);
		assertThat(this.wire.isUnsent(insert)).isTrue();
		assertThat(this.wire.forget(insert)).isTrue();
		assertThat(this.wire.forget(insert)).isFalse();
		this.wire.run("SELECT 1").block(SessionFixture.LONG);
		assertThat(items()).isZero();
	}

	/**
	 * The server refuses the isolation level, and with it the begin.
	 */
	@ParameterizedTest
	@MethodSource("firstStatements")
	void nothingOfATestRunsWhereItsTransactionDoesNotBegin(Function<PostgresqlConnection, Publisher<?>> first) {
		try (SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int)")) {
			fixture.end();
			fixture.open(new SessionOptions(SessionFixture.LONG, SessionFixture.LONG, IsolationLevel.valueOf("NONE")));
			assertThatExceptionOfType(Exception.class)
				.isThrownBy(() -> fixture.using((connection) -> Flux.from(first.apply(connection)).cast(Object.class)));
			assertThatExceptionOfType(Exception.class).isThrownBy(() -> fixture.execute(INSERT))
				.withStackTraceContaining("The test's transaction was ended");
			assertThatExceptionOfType(TestSessionException.class).isThrownBy(fixture::end)
				.withMessageContaining("BEGIN ISOLATION LEVEL NONE")
				.withMessageContaining("syntax error");
			assertThat(fixture.committed("item")).isZero();
		}
	}

	static Stream<Named<Function<PostgresqlConnection, Publisher<?>>>> firstStatements() {
		return Stream.of(named("simple", (connection) -> updated(connection.createStatement(INSERT))),
				named("several",
						(connection) -> updated(connection.createStatement(INSERT + "; INSERT INTO item VALUES (2)"))),
				named("bound",
						(connection) -> updated(
								connection.createStatement("INSERT INTO item VALUES ($1)").bind("$1", 1))),
				named("page by page",
						(connection) -> connection.createStatement(INSERT + " RETURNING id")
							.fetchSize(1)
							.execute()
							.flatMap((result) -> result.map((row) -> row.get(0)))),
				named("batch",
						(connection) -> connection.createBatch()
							.add(INSERT)
							.execute()
							.flatMap(PostgresqlResult::getRowsUpdated)),
				named("copy",
						(connection) -> connection.copyIn("COPY item FROM STDIN",
								Flux.just(Unpooled.copiedBuffer("1\n", StandardCharsets.UTF_8)))),
				named("transaction",
						(connection) -> connection.beginTransaction()
							.thenMany(updated(connection.createStatement(INSERT)))
							.then(connection.commitTransaction())));
	}

	private static Publisher<?> updated(PostgresqlStatement statement) {
		return statement.execute().flatMap(PostgresqlResult::getRowsUpdated);
	}

	private static Named<Function<PostgresqlConnection, Publisher<?>>> named(String name,
			Function<PostgresqlConnection, Publisher<?>> first) {
		return Named.of(name, first);
	}

}
