package io.trunkline.test;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.r2dbc.spi.ConnectionFactories;
import io.trunkline.test.app.Item;
import io.trunkline.test.app.ItemRepository;
import io.trunkline.test.app.ShopApplication;
import io.trunkline.test.app.ShopService;
import io.trunkline.test.session.TestSessionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestWatcher;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.context.junit.jupiter.SpringExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

/**
 * Runs tests that fail, and looks at what they say.
 */
@RunsTests
@ExtendWith(OutputCaptureExtension.class)
class DiagnosticsIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	private static EngineExecutionResults run(Class<?> type, String method) {
		return EngineTestKit.engine("junit-jupiter")
			.selectors(selectMethod(type, method))
			.configurationParameter(FailingCase.ENABLED, "true")
			.execute();
	}

	private static Throwable failure(String method) {
		return failure(Failing.class, method);
	}

	private static Throwable failure(Class<?> type, String method) {
		EngineExecutionResults results = run(type, method);
		results.testEvents().assertStatistics((statistics) -> statistics.started(1).failed(1));
		return results.testEvents()
			.failed()
			.stream()
			.findFirst()
			.flatMap((event) -> event.getPayload(org.junit.platform.engine.TestExecutionResult.class))
			.flatMap((result) -> result.getThrowable())
			.orElseThrow();
	}

	@Test
	void aTestThatLeavesATransactionOpenFailsAndNamesTheLine() {
		assertThat(failure("leavesATransactionOpen"))
			.hasStackTraceContaining("It was left open: transaction 'without a name' opened at "
					+ Failing.class.getName() + ".leavesATransactionOpen");
	}

	@Test
	void aTestThatCommitsByItselfFailsAndNamesTheStatement() {
		assertThat(failure("commitsByItself")).hasStackTraceContaining("SELECT 1; COMMIT");
	}

	@Test
	void aTestThatLosesIndependentWorkFailsAndNamesTheService() {
		assertThat(failure("losesIndependentWork")).isInstanceOf(TestSessionException.class)
			.hasMessageContaining(ShopService.class.getName() + ".addAndFail")
			.hasMessageContaining(ShopService.AuditService.class.getName() + ".record");
	}

	@Test
	void aFailedTestPrintsItsSqlOnRequest(CapturedOutput output) {
		failure("failsAfterAnInsert");
		assertThat(output).contains("SQL of " + Failing.class.getName() + ".failsAfterAnInsert")
			.contains("INSERT INTO \"item\"")
			.contains("SELECT 1 / 0  -- ")
			.contains("failed with 22012");
	}

	@Test
	void aTestThatPassesPrintsNothing(CapturedOutput output) {
		run(Failing.class, "passes").testEvents().assertStatistics((statistics) -> statistics.succeeded(1));
		assertThat(output).doesNotContain("SQL of ");
	}

	@Test
	void aConnectionBetweenTestsIsRealAndWarnedOf(CapturedOutput output) {
		EngineExecutionResults results = EngineTestKit.engine("junit-jupiter")
			.selectors(selectClass(Background.class))
			.configurationParameter(FailingCase.ENABLED, "true")
			.execute();
		results.testEvents().assertStatistics((statistics) -> statistics.succeeded(2));
		assertThat(output).contains("A connection is asked for outside of the tests of a class that are rolled back");
	}

	@Test
	void theDatabaseOfAFailedTestIsKeptOnRequest(CapturedOutput output) {
		run(KeptDatabase.class, "fails").testEvents().assertStatistics((statistics) -> statistics.failed(1));
		Matcher stays = Pattern
			.compile("its database stays: r2dbc:postgresql://[^@/]+/(trunkline_clone_\\d+_[0-9a-f]{8}_\\d+_\\d+)")
			.matcher(output);
		assertThat(stays.find()).isTrue();
		assertThat(KeptDatabase.database).isEqualTo(stays.group(1));
		assertThat(DatabasePerTestEndsIntegrationTests.databases(KeptDatabase.server, KeptDatabase.database))
			.containsExactly(KeptDatabase.database);
		KeptDatabase.server.sql("DROP DATABASE " + KeptDatabase.database + " WITH (FORCE)").then().block(LONG);
	}

	@Test
	void aServerThatCannotBeReachedFailsTheTestAndSaysSo() {
		assertThat(failure(Unreachable.class, "asksForNothing")).hasStackTraceContaining("Cannot connect to");
		assertThat(failure(Unreachable.class, "asksForAConnection")).hasStackTraceContaining("Cannot connect to")
			.hasStackTraceContaining("asksForAConnection");
	}

	@ExtendWith(FailingCase.class)
	static class Unreachable {

		@RegisterExtension
		static final RollbackExtension database = RollbackExtension
			.of(ConnectionFactories.get("r2dbc:postgresql://nobody:nothing@127.0.0.1:1/nowhere"));

		@Test
		void asksForNothing() {
			assertThat(database).isNotNull();
		}

		@Test
		void asksForAConnection() {
			Mono.from(database.connectionFactory().create()).block(LONG);
		}

	}

	/**
	 * Lets a class run inside of another test only.
	 */
	static class FailingCase implements ExecutionCondition {

		static final String ENABLED = "io.trunkline.test.failing";

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			return context.getConfigurationParameter(ENABLED).isPresent()
					? ConditionEvaluationResult.enabled("inside of a test")
					: ConditionEvaluationResult.disabled("fails by intention");
		}

	}

	@ExtendWith(FailingCase.class)
	@SpringBootTest(classes = ShopApplication.class,
			properties = { "trunkline.test.end-timeout=50ms", "trunkline.test.log-sql=on-failure" })
	@RollbackPerTest
	static class Failing {

		@Autowired
		private ItemRepository items;

		@Autowired
		private ShopService shop;

		@Autowired
		private DatabaseClient client;

		@Test
		void leavesATransactionOpen() {
			Mono.from(this.client.getConnectionFactory().create())
				.flatMap((leaked) -> Mono.from(leaked.beginTransaction()))
				.block(LONG);
		}

		@Test
		void commitsByItself() {
			this.client.sql("SELECT 1; COMMIT").then().onErrorComplete().block(LONG);
		}

		@Test
		void losesIndependentWork() {
			this.shop.addAndFail("lost").onErrorResume((ex) -> Mono.empty()).block(LONG);
		}

		@Test
		void failsAfterAnInsert() {
			this.items.save(new Item(null, "printed")).block(LONG);
			this.client.sql("SELECT 1 / 0").then().block(LONG);
		}

		@Test
		void passes() {
			this.items.save(new Item(null, "quiet")).block(LONG);
		}

	}

	@ExtendWith({ FailingCase.class, BetweenTests.class })
	@SpringBootTest(classes = ShopApplication.class)
	@RollbackPerTest
	static class Background {

		@Test
		void one() {
			assertThat(true).isTrue();
		}

		@Test
		void two() {
			assertThat(true).isTrue();
		}

	}

	/**
	 * Asks for a connection when a test is over.
	 */
	static class BetweenTests implements TestWatcher {

		@Override
		public void testSuccessful(ExtensionContext context) {
			DatabaseClient client = SpringExtension.getApplicationContext(context).getBean(DatabaseClient.class);
			assertThat(client.sql("SELECT 1").map((row) -> row.get(0, Integer.class)).one().block(LONG)).isOne();
		}

	}

	@ExtendWith(FailingCase.class)
	@SpringBootTest(classes = ShopApplication.class, properties = "trunkline.test.keep-failed-database=true")
	@DatabasePerTest
	static class KeptDatabase {

		private static String database;

		private static DatabaseClient server;

		@BeforeEach
		void begin(@Autowired DatabaseClient client) {
			server = DatabasePerTestEndsIntegrationTests.server(client.getConnectionFactory());
			database = client.sql("SELECT current_database()").mapValue(String.class).one().block(LONG);
		}

		@Test
		void fails() {
			throw new IllegalStateException("by intention");
		}

	}

}
