package io.trunkline.test.session;

import java.time.Duration;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataAccessException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Statements with parameters that are never sent, whose values are buffers: the leak
 * detector of Netty fails the build where one is lost.
 */
class Group04BoundValuesIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	private Mono<Long> insert(int id) {
		return this.fixture.client()
			.sql("INSERT INTO item VALUES (:id, :name)")
			.bind("id", id)
			.bind("name", "a".repeat(3000))
			.fetch()
			.rowsUpdated();
	}

	@Test
	void ofAStatementThatIsCancelledWhileItWaits() {
		PostgresqlConnection holder = this.fixture.connect();
		holder.beginTransaction().block(SessionFixture.LONG);
		for (int id = 0; id < 50; id++) {
			Disposable waiting = insert(id).subscribe();
			waiting.dispose();
		}
		holder.commitTransaction().then(holder.close()).block(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isZero();
	}

	@Test
	void ofAStatementThatWaitsForTooLong() {
		this.fixture.reopen(Duration.ofMillis(100), Duration.ofSeconds(2));
		PostgresqlConnection holder = this.fixture.connect();
		holder.beginTransaction().block(SessionFixture.LONG);
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> insert(1).block(SessionFixture.LONG));
		holder.commitTransaction().then(holder.close()).block(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isZero();
	}

	@Test
	void ofAStatementThatComesAfterTheEnd() {
		Mono<Long> late = insert(1);
		this.fixture.end();
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> late.block(SessionFixture.LONG));
	}

}
