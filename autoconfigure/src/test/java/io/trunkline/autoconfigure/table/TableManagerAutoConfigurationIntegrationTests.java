package io.trunkline.autoconfigure.table;

import java.util.List;
import java.util.Map;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.autoconfigure.json.JsonSupportAutoConfiguration;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.table.DeletionDeniedException;
import io.trunkline.table.TableManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.StepVerifier;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.r2dbc.autoconfigure.DataR2dbcAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The auto-configured manager against a server.
 */
@ExtendWith(OutputCaptureExtension.class)
class TableManagerAutoConfigurationIntegrationTests {

	private static final String PASSWORD = "p@s:s/w%rd?#";

	private static final String ENCODED_PASSWORD = "p%40s%3As%2Fw%25rd%3F%23";

	private final PostgresTestServer server = PostgresTestServer.get();

	private final String database = this.server.createDatabase();

	private final String role = "role_" + this.database;

	private final ConnectionFactoryOptions options = ConnectionFactoryOptions.parse(this.server.r2dbcUrl());

	private final ApplicationContextRunner runner = new ApplicationContextRunner().withConfiguration(AutoConfigurations
		.of(R2dbcAutoConfiguration.class, DataR2dbcAutoConfiguration.class, PostgresConnectionsAutoConfiguration.class,
				JsonSupportAutoConfiguration.class, TableManagerAutoConfiguration.class));

	@BeforeEach
	void createRole() {
		this.server.execute("CREATE ROLE " + this.role + " LOGIN PASSWORD '" + PASSWORD + "'");
		this.server.executeIn(this.database, "GRANT CREATE ON SCHEMA public TO " + this.role,
				"CREATE TABLE items (id int PRIMARY KEY, name text)", "GRANT ALL ON items TO " + this.role);
	}

	@AfterEach
	void dropRole() {
		this.server.executeIn(this.database, "DROP OWNED BY " + this.role);
		this.server.dropDatabase(this.database);
		this.server.execute("DROP ROLE " + this.role);
	}

	private String address() {
		return this.options.getRequiredValue(ConnectionFactoryOptions.HOST) + ":"
				+ this.options.getRequiredValue(ConnectionFactoryOptions.PORT);
	}

	@Test
	void takesAPasswordThatIsPercentEncodedInTheUrl() {
		this.runner
			.withPropertyValues("spring.r2dbc.url=r2dbc:postgresql://" + this.role + ":" + ENCODED_PASSWORD + "@"
					+ address() + "/" + this.database)
			.run((context) -> assertItems(context.getBean(TableManager.class)));
	}

	/**
	 * An application as a whole, as the URL is looked at before there is a context.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "p@s:s/w", "p%40s:s/w", "p%40s%3As%2Fw" })
	void takesAPasswordAsItIsInTheUrl(String password) {
		this.server.execute("ALTER ROLE " + this.role + " PASSWORD 'p@s:s/w'");
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
			.web(WebApplicationType.NONE)
			.run("--spring.r2dbc.url=r2dbc:postgresql://" + this.role + ":" + password + "@" + address() + "/"
					+ this.database)) {
			assertItems(context.getBean(TableManager.class));
		}
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ R2dbcAutoConfiguration.class, PostgresConnectionsAutoConfiguration.class,
			JsonSupportAutoConfiguration.class, TableManagerAutoConfiguration.class })
	static class Application {

	}

	@Test
	void takesSeparateValues() {
		this.runner.withPropertyValues("spring.r2dbc.url=r2dbc:postgresql://${db.host}:${db.port}/${db.name}",
				"db.host=" + this.options.getRequiredValue(ConnectionFactoryOptions.HOST),
				"db.port=" + this.options.getRequiredValue(ConnectionFactoryOptions.PORT), "db.name=" + this.database,
				"spring.r2dbc.username=" + this.role, "spring.r2dbc.password=" + PASSWORD)
			.run((context) -> assertItems(context.getBean(TableManager.class)));
	}

	private static void assertItems(TableManager tables) {
		StepVerifier.create(tables.insert("items").row(Map.of("id", "1", "name", "один")).execute())
			.expectNext(1L)
			.verifyComplete();
		StepVerifier.create(tables.select("items").all()).expectNext(Map.of("id", 1, "name", "один")).verifyComplete();
	}

	@Test
	void writesJsonByTheMapperOfTheApplication() {
		this.server.executeIn(this.database, "CREATE TABLE noted (data jsonb)", "GRANT ALL ON noted TO " + this.role);
		this.runner
			.withBean(JsonMapper.class,
					() -> JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build())
			.withPropertyValues("spring.r2dbc.url=r2dbc:postgresql://" + address() + "/" + this.database,
					"spring.r2dbc.username=" + this.role, "spring.r2dbc.password=" + PASSWORD)
			.run((context) -> {
				TableManager tables = context.getBean(TableManager.class);
				StepVerifier
					.create(tables.insert("noted").row(Map.of("data", Map.of("nested", new Note("one")))).execute())
					.expectNext(1L)
					.verifyComplete();
				StepVerifier.create(tables.select("noted").all())
					.expectNext(Map.of("data", Map.of("nested", Map.of("some_text", "one"))))
					.verifyComplete();
			});
	}

	record Note(String someText) {
	}

	@Test
	void echoesTheSqlAndCountsDeniedDeletionsWithoutValues(CapturedOutput output) {
		this.runner
			.withConfiguration(
					AutoConfigurations.of(MetricsAutoConfiguration.class, ObservationAutoConfiguration.class))
			.withBean(SimpleMeterRegistry.class)
			.withPropertyValues("spring.r2dbc.url=r2dbc:postgresql://" + address() + "/" + this.database,
					"spring.r2dbc.username=" + this.role, "spring.r2dbc.password=" + PASSWORD,
					"trunkline.table.sql-echo=info", "trunkline.table.deletion-password=open sesame")
			.run((context) -> {
				TableManager tables = context.getBean(TableManager.class);
				StepVerifier
					.create(tables.insert("items").rows(List.of(Map.of("id", 1, "name", "a very own value"))).execute())
					.expectNext(1L)
					.verifyComplete();
				StepVerifier.create(tables.deleteAll("items", "a wrong guess"))
					.verifyError(DeletionDeniedException.class);
				MeterRegistry meters = context.getBean(MeterRegistry.class);
				assertThat(meters.get("trunkline.table.deletion.denied.items").counter().count()).isEqualTo(1);
				assertThat(meters.get("trunkline.table.insert")
					.tags("table", "items", "outcome", "success")
					.timer()
					.count()).isEqualTo(1);
				StepVerifier.create(tables.deleteAll("items", "open sesame")).expectNext(1L).verifyComplete();
			});
		assertThat(output).contains("INSERT INTO")
			.contains("'deleteAll' of [items] was denied")
			.doesNotContain("a very own value")
			.doesNotContain("open sesame")
			.doesNotContain("a wrong guess")
			.containsPattern("WARN .*was denied: the deletion password is wrong");
	}

}
