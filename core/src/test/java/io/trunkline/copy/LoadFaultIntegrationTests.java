package io.trunkline.copy;

import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.PermissionDeniedDataAccessException;

import static org.assertj.core.api.Assertions.assertThat;

class LoadFaultIntegrationTests extends BulkCopyFixture {

	private LoadSpec upsert() {
		return this.copy.load("items").merge(Merge.update()).reject(Rejects.upTo(100));
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void storesNothingWhenTheSourceFails(boolean transaction) {
		IllegalStateException broken = new IllegalStateException("broken");
		Flux<DataBuffer> source = content(items(1, 200)).concatWith(Flux.error(broken));
		Throwable failure = failure(Throwable.class, this.pool.within(transaction, upsert().from(source)));
		assertThat(failure).satisfiesAnyOf((ex) -> assertThat(ex).isSameAs(broken),
				(ex) -> assertThat(ex).hasRootCause(broken));
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(strings = { "before", "merge", "after" })
	void stopsTheServerWhenAbandoned(String step) {
		LoadSpec spec = upsert();
		switch (step) {
			case "before" -> spec = spec.beforeMerge("SELECT pg_sleep(60)");
			case "after" -> spec = spec.afterMerge("SELECT pg_sleep(60)");
			default ->
				sql("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'",
						"CREATE TRIGGER t BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION wait()");
		}
		get(Abandoned.when(spec.from(content("1,a,1\n")), 1, (report) -> {
		}, (received) -> this.pool.awaitWaiting("Timeout:PgSleep")));
		this.pool.awaitGivenBack();
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	@Test
	void letsGoOfASourceThatNeverEnds() {
		get(Abandoned.when(upsert().from(content(items(1, 100)).concatWith(Flux.never())), 1, (report) -> {
		}, (received) -> this.pool.awaitRunning("COPY")));
		this.pool.awaitGivenBack();
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	@Test
	void failsWhenTheServerEndsTheSession() {
		assertThat(failure(DataAccessResourceFailureException.class,
				upsert().beforeMerge("SELECT pg_terminate_backend(pg_backend_pid())").from(content("1,a,1\n"))))
			.isNotNull();
		this.pool.awaitGivenBack();
		this.pool.assertUsable();
	}

	@Test
	void goesWithTheCallersRollback() {
		failure(IllegalArgumentException.class,
				this.pool.within(true, upsert().from(content("1,a,1\n")).map((report) -> {
					throw new IllegalArgumentException("rolled back");
				})));
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	@Test
	void saysWhichPrivilegeIsMissing() {
		sql("DROP ROLE IF EXISTS load_guest", "CREATE ROLE load_guest LOGIN PASSWORD 'secret'",
				"REVOKE TEMPORARY ON DATABASE \"" + this.database + "\" FROM PUBLIC",
				"GRANT USAGE ON SCHEMA public TO load_guest", "GRANT SELECT, INSERT, UPDATE ON items TO load_guest");
		TestPool guest = TestPool.ofOne(this.database, "load_guest", "secret");
		try {
			LoadSpec spec = BulkCopyService.create(guest.connectionFactory()).load("items").merge(Merge.update());
			assertThat(failure(PermissionDeniedDataAccessException.class, spec.from(content("1,a,1\n"))))
				.hasMessageContaining("GRANT TEMPORARY ON DATABASE \"" + this.database + "\" TO \"load_guest\"");
			sql("GRANT TEMPORARY ON DATABASE \"" + this.database + "\" TO load_guest");
			assertThat(get(spec.reject(Rejects.upTo(1)).from(content("1,a,1\nx\n"))).inserted()).isOne();
		}
		finally {
			guest.close();
			sql("DROP OWNED BY load_guest", "DROP ROLE load_guest",
					"GRANT TEMPORARY ON DATABASE \"" + this.database + "\" TO PUBLIC");
		}
	}

}
