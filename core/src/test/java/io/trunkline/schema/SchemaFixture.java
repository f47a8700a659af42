package io.trunkline.schema;

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
 * A database of its own and a pool of one connection.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SchemaFixture {

	final PostgresTestServer server = PostgresTestServer.get();

	final String database = this.server.createDatabase();

	TestPool pool;

	SchemaCatalog catalog;

	@BeforeEach
	void createPool() {
		this.pool = TestPool.ofOne(this.database);
		this.catalog = SchemaCatalog.create(this.pool.connectionFactory());
	}

	@AfterEach
	void closePool() {
		this.pool.awaitGivenBack();
		this.pool.close();
		this.server.executeIn(this.database, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public",
				"GRANT USAGE ON SCHEMA public TO PUBLIC");
	}

	@AfterAll
	void dropDatabase() {
		this.server.dropDatabase(this.database);
	}

	void ddl(String... sql) {
		this.server.executeIn(this.database, sql);
	}

	TableInfo table(String name) {
		return get(this.catalog.table(name));
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
