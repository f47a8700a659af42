package io.trunkline.autoconfigure.notification;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.autoconfigure.json.JsonSupportAutoConfiguration;
import io.trunkline.embedded.EmbeddedPostgresServer;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.embedded.testing.TcpProxy;
import io.trunkline.notification.NotificationBus;
import io.trunkline.notification.NotificationEvent;
import io.trunkline.notification.NotificationFlux;
import io.trunkline.notification.NotificationStatus;
import io.trunkline.notification.PostgresListener;
import io.trunkline.notification.TableChange;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.test.StepVerifier;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The auto-configured bus and listeners against a server.
 */
@ExtendWith(OutputCaptureExtension.class)
class NotificationAutoConfigurationIntegrationTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(40);

	private final PostgresTestServer server = PostgresTestServer.get();

	private final String database = this.server.createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(R2dbcAutoConfiguration.class, PostgresConnectionsAutoConfiguration.class,
						JsonSupportAutoConfiguration.class, NotificationAutoConfiguration.class))
		.withPropertyValues("spring.r2dbc.url=" + this.server.r2dbcUrl(this.database),
				"spring.r2dbc.username=" + this.server.user(), "spring.r2dbc.password=" + this.server.password());

	@AfterEach
	void dropDatabase() {
		this.server.dropDatabase(this.database);
	}

	private static void await(String description, Callable<Boolean> condition) {
		Awaitility.await(description)
			.atMost(TIMEOUT)
			.pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(5))
			.until(condition);
	}

	@Test
	void callsListenersAndMeasures() {
		this.server.executeIn(this.database, "CREATE TABLE items (id int PRIMARY KEY)");
		this.runner
			.withConfiguration(
					AutoConfigurations.of(MetricsAutoConfiguration.class, ObservationAutoConfiguration.class))
			.withBean(SimpleMeterRegistry.class)
			.withBean(Listener.class)
			.withPropertyValues("trunkline.notification.listener.install-triggers=true",
					"trunkline.notification.keep-alive=20ms")
			.run((context) -> {
				Listener listener = context.getBean(Listener.class);
				this.server.executeIn(this.database, "INSERT INTO items VALUES (1)");
				await("a change", () -> listener.calls.size() == 1);
				context.getBean(NotificationBus.class).notify("greetings", "hello").block(TIMEOUT);
				await("a greeting", () -> listener.calls.contains("hello"));
				MeterRegistry meters = context.getBean(MeterRegistry.class);
				assertThat(meters.get("trunkline.notification.received").functionCounter().count()).isEqualTo(2);
				assertThat(meters.get("trunkline.notification.dropped").functionCounter().count()).isZero();
				assertThat(meters.get("trunkline.notification.connected").gauge().value()).isEqualTo(1);
				assertThat(meters.get("trunkline.notification.channels").gauge().value()).isEqualTo(2);
				assertThat(meters.get("trunkline.notification.notify").tag("outcome", "success").timer().count())
					.isEqualTo(1);
				await("the queue's usage", () -> meters.get("trunkline.notification.queue.usage").gauge().value() >= 0);
			});
	}

	@Test
	void sendsLargePayloadsWhereAPropertySaysSo() {
		String large = "payload ".repeat(2_000);
		this.server.executeIn(this.database, "CREATE TABLE items (id int PRIMARY KEY)");
		this.runner.run((context) -> {
			NotificationBus bus = context.getBean(NotificationBus.class);
			StepVerifier.create(bus.notify("greetings", large))
				.verifyErrorSatisfies(
						(ex) -> assertThat(ex).hasMessageContaining("trunkline.notification.large-payloads.enabled"));
		});
		this.runner.withBean(Listener.class)
			.withPropertyValues("trunkline.notification.listener.install-triggers=true",
					"trunkline.notification.large-payloads.enabled=true",
					"trunkline.notification.large-payloads.create-table=true",
					"trunkline.notification.large-payloads.readers=PUBLIC")
			.run((context) -> {
				context.getBean(NotificationBus.class).notify("greetings", large).block(TIMEOUT);
				Listener listener = context.getBean(Listener.class);
				await("a payload", () -> listener.calls.contains(large));
			});
	}

	@Test
	void writesJsonByTheMapperOfTheApplication() {
		this.server.executeIn(this.database, "CREATE TABLE items (id int PRIMARY KEY)");
		this.runner
			.withBean(JsonMapper.class,
					() -> JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build())
			.withBean(Listener.class)
			.withPropertyValues("trunkline.notification.listener.install-triggers=true")
			.run((context) -> {
				context.getBean(NotificationBus.class).notify("greetings", new Note("one")).block(TIMEOUT);
				Listener listener = context.getBean(Listener.class);
				await("the object", () -> listener.calls.contains("{\"some_text\":\"one\"}"));
			});
	}

	record Note(String someText) {
	}

	@Test
	void tellsTheHealthAndSinceWhen() {
		try (EmbeddedPostgresServer own = EmbeddedPostgresServer.builder().start()) {
			this.runner
				.withPropertyValues("spring.r2dbc.url=" + own.getR2dbcUrl(),
						"spring.r2dbc.username=" + own.getUsername(), "spring.r2dbc.password=" + own.getPassword(),
						"trunkline.notification.backoff.first=10ms", "trunkline.notification.backoff.max=50ms")
				.run((context) -> {
					NotificationHealthIndicator indicator = context.getBean(NotificationHealthIndicator.class);
					assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
					NotificationFlux flux = context.getBean(NotificationBus.class).listen("health");
					flux.subscribe();
					flux.whenReady().block(TIMEOUT);
					assertThat(indicator.health().getDetails()).containsEntry("state",
							NotificationStatus.State.LISTENING);
					Instant before = Instant.now();
					own.stop();
					await("it is down", () -> indicator.health().getStatus().equals(Status.DOWN));
					Health down = indicator.health();
					assertThat((Instant) down.getDetails().get("since")).isBetween(before, Instant.now());
					assertThat(down.getDetails()).containsKey("error");
					own.start();
					await("it is up again", () -> indicator.health().getStatus().equals(Status.UP));
					assertThat(indicator.health().getDetails()).containsEntry("reconnects", 1L);
				});
		}
	}

	@Test
	void saysOnceWhyItIsRefusedAndIsDownMeanwhile(CapturedOutput output) {
		String role = this.server.createRole("secret");
		this.runner
			.withPropertyValues("spring.r2dbc.username=" + role, "spring.r2dbc.password=secret",
					"trunkline.notification.backoff.first=10ms", "trunkline.notification.backoff.max=20ms")
			.run((context) -> {
				NotificationHealthIndicator indicator = context.getBean(NotificationHealthIndicator.class);
				List<NotificationEvent> events = new CopyOnWriteArrayList<>();
				NotificationFlux flux = context.getBean(NotificationBus.class).listen("refused");
				flux.subscribe(events::add);
				flux.whenReady().block(TIMEOUT);
				this.server.execute("ALTER ROLE " + role + " NOLOGIN",
						"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + role + "'");
				String refusal = "the server refuses the user, check its name, password and rights";
				await("the refusal is told", () -> output.getAll().contains(refusal));
				await("health tells it", () -> String.valueOf(indicator.health().getDetails().get("error"))
					.contains("not permitted to log in"));
				assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
				this.server.execute("ALTER ROLE " + role + " LOGIN");
				await("it goes on", () -> events.size() == 1);
				assertThat(output.getAll()).containsOnlyOnce(refusal);
				assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
			});
		this.server.execute("DROP ROLE " + role);
	}

	@Test
	void startsWithTheReasonWhereTheDatabaseIsMissing(CapturedOutput output) {
		this.runner.withBean(Greeter.class)
			.withPropertyValues("spring.r2dbc.url=" + this.server.r2dbcUrl(this.database + "_missing"),
					"trunkline.notification.listener.startup-timeout=1s")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(output.getAll()).contains("the database is not there, check its name")
					.containsPattern("LISTEN is not in force after 1000 ms.*" + this.database + "_missing");
				Health down = context.getBean(NotificationHealthIndicator.class).health();
				assertThat(down.getStatus()).isEqualTo(Status.DOWN);
				assertThat(down.getDetails().get("error")).asString().contains(this.database + "_missing");
			});
	}

	@Test
	void saysWhatToDoBehindAPooler() throws Exception {
		try (TcpProxy pooler = TcpProxy.to(this.server.host(), this.server.port())) {
			pooler.swallowNotifications();
			String through = "r2dbc:postgresql://127.0.0.1:" + pooler.port() + "/" + this.database;
			this.server.executeIn(this.database, "CREATE TABLE items (id int PRIMARY KEY)");
			ApplicationContextRunner behind = this.runner.withBean(Listener.class)
				.withPropertyValues("spring.r2dbc.url=" + through,
						"trunkline.notification.listener.install-triggers=true");
			behind.run((context) -> {
				FailureAnalysis analysis = new NotificationDeliveryFailureAnalyzer()
					.analyze(context.getStartupFailure());
				assertThat(analysis).isNotNull();
				assertThat(analysis.getDescription()).contains("PgBouncer");
				assertThat(analysis.getAction()).contains("trunkline.notification.url");
			});
			behind.withPropertyValues("trunkline.notification.url=" + this.server.r2dbcUrl(this.database))
				.run((context) -> {
					assertThat(context).hasNotFailed();
					context.getBean(NotificationBus.class).notify("greetings", "past it").block(TIMEOUT);
					Listener listener = context.getBean(Listener.class);
					await("a greeting", () -> listener.calls.contains("past it"));
				});
		}
	}

	@Test
	void showsTheDdlThatIsMissing() {
		this.server.executeIn(this.database, "CREATE TABLE items (id int PRIMARY KEY)");
		this.runner.withBean(Listener.class).run((context) -> {
			FailureAnalysis analysis = new MissingTriggerFailureAnalyzer().analyze(context.getStartupFailure());
			assertThat(analysis).isNotNull();
			assertThat(analysis.getDescription()).contains("\"public\".\"items\"");
			assertThat(analysis.getAction()).contains("trunkline.notification.listener.install-triggers")
				.contains("CREATE OR REPLACE TRIGGER");
		});
	}

	@Test
	void startsWithoutAServer() {
		this.runner
			.withPropertyValues("spring.r2dbc.url=r2dbc:postgresql://localhost:1/nowhere",
					"trunkline.notification.listener.startup-timeout=100ms")
			.withBean(Greetings.class)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				NotificationHealthIndicator indicator = context.getBean(NotificationHealthIndicator.class);
				await("it is down", () -> indicator.health().getStatus().equals(Status.DOWN));
			});
	}

	static class Greeter {

		@PostgresListener(channels = "greetings")
		void greet(String payload) {
		}

	}

	static class Listener {

		private final List<Object> calls = new CopyOnWriteArrayList<>();

		@PostgresListener(channels = "greetings")
		void greet(String payload) {
			this.calls.add(payload);
		}

		@PostgresListener(table = "items")
		void changed(TableChange change) {
			this.calls.add(change);
		}

	}

	static class Greetings {

		@PostgresListener(channels = "greetings")
		void greet(String payload) {
		}

	}

}
