package io.trunkline.docs;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;

import io.trunkline.client.PostgresClient;
import io.trunkline.client.TransactionOptions;
import io.trunkline.connection.ConnectionStatus;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.connection.PostgresNotice;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Isolation;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The code of {@code docs/postgres-client.md}.
 */
class PostgresClientGuideIntegrationTests {

	private final PostgresTestServer server = PostgresTestServer.get();

	private final String database = this.server.createDatabase();

	private final TestPool pool = TestPool.ofOne(this.database);

	private final PostgresClient client = PostgresClient.create(this.pool.connectionFactory());

	@BeforeEach
	void createTable() {
		this.server.executeIn(this.database,
				"CREATE TABLE account (id bigint PRIMARY KEY, owner text, balance numeric NOT NULL)",
				"INSERT INTO account VALUES (1, 'Ada', 100), (2, 'Alan', 50)");
	}

	@AfterEach
	void dropDatabase() {
		this.pool.close();
		this.server.dropDatabase(this.database);
	}

	// tag::service[]
	record Account(long id, String owner, BigDecimal balance) {
	}

	@Service
	static class Accounts {

		private final PostgresClient client;

		Accounts(PostgresClient client) {
			this.client = client;
		}

		Mono<List<Account>> find(List<Long> ids) {
			return this.client.sql("SELECT id, owner, balance FROM account WHERE id = ANY(:ids) ORDER BY id")
				.bind("ids", ids)
				.fetch(Account.class);
		}

	}
	// end::service[]

	@Test
	void findsAccounts() {
		assertThat(new Accounts(this.client).find(List.of(1L, 2L)).block()).extracting(Account::owner)
			.containsExactly("Ada", "Alan");
	}

	@Test
	void streams() {
		// tag::stream[]
		Flux<Account> accounts = this.client.sql("SELECT id, owner, balance FROM account")
			.fetchSize(500)
			.stream(Account.class);
		// end::stream[]
		assertThat(accounts.count().block()).isEqualTo(2L);
	}

	@Test
	void transfers() {
		// tag::transaction[]
		TransactionOptions options = TransactionOptions.defaults()
			.withName("transfer")
			.withIsolation(Isolation.SERIALIZABLE)
			.withTimeout(Duration.ofSeconds(5))
			.withRetry();
		String sql = "UPDATE account SET balance = balance + :amount WHERE id = :id";
		Mono<Long> transfer = this.client
			.inTransaction(options,
					(tx) -> tx.sql(sql)
						.bind("amount", -10)
						.bind("id", 1)
						.execute()
						.then(tx.sql(sql).bind("amount", 10).bind("id", 2).execute()))
			.single();
		// end::transaction[]
		assertThat(transfer.block()).isEqualTo(1L);
		assertThat(this.pool.sideNumber("SELECT balance FROM account WHERE id = 2")).isEqualTo(60L);
	}

	@Test
	void tellsWhichConstraintIsViolated() {
		// tag::constraint[]
		Mono<String> opened = this.client.sql("INSERT INTO account VALUES (:id, :owner, 0)")
			.bind("id", 1)
			.bind("owner", "Grace")
			.execute()
			.thenReturn("opened")
			.onErrorResume(DuplicateKeyException.class, (ex) -> Mono.justOrEmpty(PostgresErrors.constraint(ex)));
		// end::constraint[]
		assertThat(opened.block()).isEqualTo("account_pkey");
	}

	@Test
	void tellsNoticesAndStatus() {
		// tag::notices[]
		Flux<String> said = this.client.sql("DROP TABLE IF EXISTS nothing").notices().map(PostgresNotice::message);
		// end::notices[]
		assertThat(said.collectList().block()).hasSize(1);
		// tag::status[]
		Mono<ConnectionStatus.State> state = this.client.status().map(ConnectionStatus::state);
		// end::status[]
		assertThat(state.block()).isEqualTo(ConnectionStatus.State.READY);
	}

}
