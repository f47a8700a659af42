package io.trunkline.test;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;

import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.test.app.Item;
import io.trunkline.test.app.ItemRepository;
import io.trunkline.test.app.ShopApplication;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.dao.DataAccessException;
import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@RunsTests
class Group14ParallelIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	private static final PostgresTestServer server = PostgresTestServer.get();

	@Test
	void testsTakeTurnsWhereJUnitRunsThemInParallel() {
		run(8, One.class, Two.class, Cloned.class).assertStatistics((statistics) -> statistics.succeeded(45).failed(0));
	}

	@Test
	void aTestThatTakesNoTurnGetsAnErrorInsteadOfAGuess() {
		Without.rendezvous = new CyclicBarrier(2);
		run(2, Within.class, Without.class).assertStatistics((statistics) -> statistics.succeeded(2).failed(0));
	}

	@Test
	void anExtensionRefusesTheSecondOfTwoAndKeepsTheFirst() {
		server.execute("CREATE TABLE in_parallel (id int PRIMARY KEY)");
		try {
			run(2, WithAnExtension.class).assertStatistics((statistics) -> statistics.succeeded(1).failed(1));
			assertThat(WithAnExtension.count(server.connectionFactory())).isZero();
		}
		finally {
			server.execute("DROP TABLE in_parallel");
		}
	}

	private static Events run(int parallelism, Class<?>... types) {
		return EngineTestKit.engine("junit-jupiter")
			.selectors(Arrays.stream(types).map(DiscoverySelectors::selectClass).toArray(DiscoverySelector[]::new))
			.configurationParameter(DiagnosticsIntegrationTests.FailingCase.ENABLED, "true")
			.configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
			.configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
			.configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
			.configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism",
					String.valueOf(parallelism))
			.execute()
			.testEvents();
	}

	private static void meet() throws Exception {
		Without.rendezvous.await(30, TimeUnit.SECONDS);
	}

	@SpringBootTest(classes = ShopApplication.class)
	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	@RollbackPerTest
	static class Within {

		@Test
		void keepsItsTransaction(@Autowired ItemRepository items) throws Exception {
			meet();
			items.save(new Item(null, "within")).block(LONG);
			meet();
			assertThat(items.count().block(LONG)).isOne();
			meet();
		}

	}

	@SpringBootTest(classes = ShopApplication.class)
	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	static class Without {

		private static CyclicBarrier rendezvous;

		@Test
		void isRefused(@Autowired ItemRepository items) throws Exception {
			meet();
			assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> items.count().block(LONG))
				.withStackTraceContaining("Without.isRefused")
				.withStackTraceContaining("@ResourceLock(\"io.trunkline.test\")");
			meet();
			meet();
		}

	}

	@SpringBootTest(classes = ShopApplication.class)
	abstract static class Parallel {

		@Autowired
		private ItemRepository items;

		@RepeatedTest(15)
		void isAlone() {
			assertThat(this.items.count().block(LONG)).isZero();
			for (int i = 0; i < 10; i++) {
				this.items.save(new Item(null, "parallel")).block(LONG);
			}
			assertThat(this.items.count().block(LONG)).isEqualTo(10);
		}

	}

	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	@RollbackPerTest
	static class One extends Parallel {

	}

	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	@RollbackPerTest
	static class Two extends Parallel {

	}

	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	@DatabasePerTest
	static class Cloned extends Parallel {

	}

	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	static class WithAnExtension {

		private static final CountDownLatch refused = new CountDownLatch(1);

		/** Called last, as it was registered first. */
		@RegisterExtension
		@Order(1)
		static final AfterEachCallback ended = (context) -> refused.countDown();

		@RegisterExtension
		@Order(2)
		static final RollbackExtension database = RollbackExtension.of(server.connectionFactory());

		@Test
		void one() throws Exception {
			insertWhenTheOtherHasEnded();
		}

		@Test
		void two() throws Exception {
			insertWhenTheOtherHasEnded();
		}

		private static void insertWhenTheOtherHasEnded() throws Exception {
			assertThat(refused.await(30, TimeUnit.SECONDS)).isTrue();
			DatabaseClient.create(database.connectionFactory())
				.sql("INSERT INTO in_parallel VALUES (1)")
				.fetch()
				.rowsUpdated()
				.block(LONG);
			assertThat(count(database.connectionFactory())).isOne();
		}

		static Long count(ConnectionFactory factory) {
			return DatabaseClient.create(factory)
				.sql("SELECT count(*) FROM in_parallel")
				.mapValue(Long.class)
				.one()
				.block(LONG);
		}

	}

}
