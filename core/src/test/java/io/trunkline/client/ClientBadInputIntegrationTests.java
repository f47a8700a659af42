package io.trunkline.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import io.r2dbc.spi.Parameters;
import io.trunkline.client.PostgresClient.QuerySpec;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.r2dbc.BadSqlGrammarException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ClientBadInputIntegrationTests extends ClientFixture {

	private static final int HOSTILE = 10_000;

	private static final int BATCH = 500;

	private static final String[] PIECES = { "'", "''", "\"", "\\", "\\'", ";", "--", "/*", "*/", "$1", "$$", ":a",
			"::", "DROP TABLE items", "' OR '1'='1", "'); DROP SCHEMA public CASCADE; --", "\0", "\uD800", "{", "}",
			",", "NULL", "E'", "U&'\\0027", "%", "ю", "\uD83D\uDE00", "\n", "\r", "\t", " ", "x" };

	@Test
	void takesHostileTextForDataOrRefusesIt() {
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		ddl("INSERT INTO items VALUES (1, 'kept', 1)");
		for (int batch = 0; batch < HOSTILE / BATCH; batch++) {
			List<String> texts = Stream.generate(() -> hostile(random)).limit(BATCH).toList();
			assertThat(get(Flux.fromIterable(texts).concatMap(this::echoed).count())).as("seed %d", seed)
				.isEqualTo(BATCH);
			assertThat(get(Flux.fromIterable(texts).concatMap(this::refusedAsName).count())).as("seed %d", seed)
				.isEqualTo(BATCH);
		}
		assertThat(this.pool.sideQuery("SELECT string_agg(relname, ',') FROM pg_class WHERE relkind = 'r'"
				+ " AND relnamespace = 'public'::regnamespace"))
			.as("seed %d", seed)
			.isEqualTo("items");
		assertThat(this.pool.sideQuery("SELECT string_agg(name, ',') FROM items")).as("seed %d", seed)
			.isEqualTo("kept");
	}

	private Mono<String> echoed(String text) {
		Mono<String> answer = this.client.sql("SELECT :a::text || (:list::text[])[1]")
			.bind("a", text)
			.bind("list", List.of(text))
			.fetchValue(String.class);
		if (text.indexOf(0) < 0 && text.indexOf('\uD800') < 0) {
			return answer.filter((text + text)::equals).switchIfEmpty(Mono.error(() -> new AssertionError(text)));
		}
		return answer.<String>flatMap((got) -> Mono.error(new AssertionError("accepted " + text)))
			.onErrorReturn(InvalidDataAccessApiUsageException.class, text);
	}

	private Mono<String> refusedAsName(String name) {
		return this.client.sql("SELECT name FROM items WHERE id = :id")
			.bind("id", 1)
			.bind("x" + name, "x")
			.fetch()
			.<String>flatMap((rows) -> Mono.error(new AssertionError("accepted " + name)))
			.onErrorReturn(InvalidDataAccessApiUsageException.class, name);
	}

	private static String hostile(Random random) {
		StringBuilder text = new StringBuilder();
		for (int count = 1 + random.nextInt(6); count > 0; count--) {
			text.append(PIECES[random.nextInt(PIECES.length)]);
		}
		return text.toString();
	}

	@Test
	void namesParametersThatDoNotFitBeforeAnythingIsSent() {
		refused("SELECT :a, :b, :c", (spec) -> spec.bind("b", 1), ":a, :c", "only to :b");
		refused("SELECT :a", (spec) -> spec, "No value is bound to :a");
		refused("SELECT :a", (spec) -> spec.bind("a", 1).bind("typo", 2), "no parameter :typo", "it has :a");
		refused("SELECT 1", (spec) -> spec.bind("a", 1), "no parameter :a", "none at all");
		refused("SELECT $1, $2", (spec) -> spec.params(1), "No value is bound to $2");
		refused("SELECT $1", (spec) -> spec.params(1, 2, 3), "no parameter $2, $3");
		refused("SELECT $1", (spec) -> spec.bind("a", 1), "$1", ":a");
		refused("SELECT :a, $1", (spec) -> spec.params(1), "both named and numbered");
		refused("SELECT 'open", (spec) -> spec, "does not end");
		refused("SELECT :a; SELECT :b", (spec) -> spec.bind("a", 1).bind("b", 1), "one by one");
		assertThat(this.pool.connectionFactory().getMetrics().orElseThrow().allocatedSize()).isZero();
	}

	@Test
	void namesValuesThatCannotBeSentBeforeAnythingIsSent() {
		refused("SELECT :a", (spec) -> spec.bind("a", "secret\0"), ":a", "NUL", "index 6");
		refused("SELECT :a", (spec) -> spec.bind("a", List.of("x", "\0")), ":a", "NUL");
		refused("SELECT :a", (spec) -> spec.bind("a", new String[] { "\0" }), ":a", "NUL");
		refused("SELECT :a", (spec) -> spec.bind("a", Parameters.in("\0")), ":a", "NUL");
		refused("SELECT :a", (spec) -> spec.bind("a", '\0'), ":a", "NUL");
		refused("SELECT :a", (spec) -> spec.bind("a", "x\uDC00"), ":a", "surrogate", "index 1");
		refused("SELECT :a", (spec) -> spec.bind("a", List.of(1, "x")), ":a", "java.lang.Integer", "java.lang.String");
		refused("SELECT :a", (spec) -> spec.bind("a", List.of(List.of(1))), ":a", "list of lists");
		assertThat(this.pool.connectionFactory().getMetrics().orElseThrow().allocatedSize()).isZero();
	}

	@Test
	void namesTheTypeOfAValueThatTheDriverDoesNotKnow() {
		refused("SELECT :a", (spec) -> spec.bind("a", new Secret()), ":a", Secret.class.getName());
		refused("SELECT :b", (spec) -> spec.bind("b", List.of(new Secret())), ":b", Secret.class.getName());
		this.pool.assertUsable();
	}

	private void refused(String sql, UnaryOperator<QuerySpec> values, String... told) {
		QuerySpec spec = values.apply(this.client.sql(sql));
		for (Mono<?> result : List.of(spec.fetch(), spec.execute(), spec.stream().collectList())) {
			assertThat(failure(InvalidDataAccessApiUsageException.class, result)).hasMessageContainingAll(told)
				.hasMessageNotContaining("secret");
		}
	}

	@Test
	void refusesMoreParametersThanTheServerTakes() {
		StringBuilder sql = new StringBuilder("SELECT 1 WHERE 1 IN (:p0");
		for (int i = 1; i <= 65535; i++) {
			sql.append(",:p").append(i);
		}
		assertThat(failure(InvalidDataAccessApiUsageException.class, this.client.sql(sql + ")").fetch()))
			.hasMessageContaining("65536")
			.hasMessageContaining("list");
	}

	@Test
	void refusesArgumentsThatCannotBe() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.client.sql(" "));
		QuerySpec spec = this.client.sql("SELECT 1");
		assertThatIllegalArgumentException().isThrownBy(() -> spec.bind("", 1));
		assertThatIllegalArgumentException().isThrownBy(() -> spec.bind(0, 1));
		assertThatIllegalArgumentException().isThrownBy(() -> spec.fetchSize(-1));
		assertThatIllegalArgumentException().isThrownBy(() -> spec.maxRows(-1));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> PostgresClient.builder(this.pool.connections()).fetchSize(0));
	}

	@Test
	void reportsWhatTheServerRefusesByItsState() {
		ddl("CREATE TABLE narrow (code varchar(3), number smallint)");
		failure(DataIntegrityViolationException.class,
				this.client.sql("INSERT INTO narrow (code) VALUES (:c)").bind("c", "too long").execute());
		failure(DataIntegrityViolationException.class,
				this.client.sql("INSERT INTO narrow (number) VALUES (:n)").bind("n", 100_000).execute());
		failure(DataAccessException.class,
				this.client.sql("INSERT INTO narrow (number) VALUES (:n)").bind("n", "text").execute());
		failure(BadSqlGrammarException.class, this.client.sql("SELEC 1").execute());
		assertThat(this.pool.sideNumber("SELECT count(*) FROM narrow")).isZero();
	}

	@Test
	void namesAColumnThatIsOfAnotherType() {
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				this.client.sql("SELECT 'abc' AS code").fetchValue(Integer.class)))
			.hasMessageContainingAll("code", "java.lang.Integer");
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				this.client.sql("SELECT 1, 2").fetchValue(Integer.class)))
			.hasMessageContaining("2 columns");
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				this.client.sql("SELECT NULL::text").stream(String.class)))
			.hasMessageContaining("null");
		this.pool.assertUsable();
	}

	@Test
	void failsOnAClosedPool() {
		PostgresClient closed;
		try (TestPool shortLived = TestPool.ofOne(this.database)) {
			closed = PostgresClient.create(shortLived.connectionFactory());
		}
		List<Throwable> failures = new ArrayList<>();
		failures.add(failure(DataAccessException.class, closed.sql("SELECT 1").fetch()));
		failures.add(failure(DataAccessException.class, closed.sql("SELECT 1").stream()));
		failures.add(failure(RuntimeException.class, closed.inTransaction((tx) -> tx.sql("SELECT 1").execute())));
		assertThat(failures).hasSize(3);
	}

	static final class Secret {

		@Override
		public String toString() {
			return "secret";
		}

	}

	@Test
	void acceptsNamedValuesTogether() {
		assertThat(get(this.client.sql("SELECT :a::int + :b::int")
			.bindAll(Map.of("a", 1))
			.bind("b", 2)
			.fetchValue(Integer.class))).isEqualTo(3);
	}

}
