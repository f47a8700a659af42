package io.trunkline.client;

import java.util.Objects;

import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * A database of its own, a pool of one connection and a small table.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ClientFixture {

	final PostgresTestServer server = PostgresTestServer.get();

	final String database = this.server.createDatabase();

	TestPool pool;

	PostgresClient client;

	@BeforeEach
	void createPool() {
		this.pool = TestPool.ofOne(this.database);
		this.client = PostgresClient.create(this.pool.connectionFactory());
		ddl("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", "GRANT USAGE ON SCHEMA public TO PUBLIC",
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

	void ddl(String... sql) {
		this.server.executeIn(this.database, sql);
	}

	long count() {
		return this.pool.sideNumber("SELECT count(*) FROM items");
	}

	static <T> T get(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(TestPool.TIMEOUT));
	}

	static <T extends Throwable> T failure(Class<T> type, Publisher<?> publisher) {
		T failure = catchThrowableOfType(type, () -> Flux.from(publisher).blockLast(TestPool.TIMEOUT));
		assertThat(failure).as("a failure with %s", type.getSimpleName()).isNotNull();
		return failure;
	}

}
