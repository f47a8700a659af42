package io.trunkline.autoconfigure.table;

import io.r2dbc.spi.ConnectionFactories;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.autoconfigure.json.JsonSupportAutoConfiguration;
import io.trunkline.table.DeletionDeniedException;
import io.trunkline.table.DeletionGuard;
import io.trunkline.table.DeletionRequest;
import io.trunkline.table.DeletionRequest.Operation;
import io.trunkline.table.TableManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link TableManagerAutoConfiguration}. No connection is opened.
 */
class TableManagerAutoConfigurationTests {

	private static final String URL = "r2dbc:postgresql://user:secret@localhost:1/nowhere";

	private static final DeletionRequest REQUEST = new DeletionRequest(Operation.DROP_TABLE, "items");

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("spring.r2dbc.url=" + URL)
		.withConfiguration(
				AutoConfigurations.of(R2dbcAutoConfiguration.class, PostgresConnectionsAutoConfiguration.class,
						JsonSupportAutoConfiguration.class, TableManagerAutoConfiguration.class));

	@Test
	void registersTheManager() {
		this.runner
			.run((context) -> assertThat(context).hasSingleBean(TableManager.class).hasSingleBean(DeletionGuard.class));
	}

	@Test
	void backsOffForBeansOfTheUser() {
		TableManager own = TableManager.create(ConnectionFactories.get(URL));
		DeletionGuard guard = (request, password) -> Mono.empty();
		this.runner.withBean("own", TableManager.class, () -> own)
			.withBean("guard", DeletionGuard.class, () -> guard)
			.run((context) -> {
				assertThat(context).getBean(TableManager.class).isSameAs(own);
				assertThat(context).getBean(DeletionGuard.class).isSameAs(guard);
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "tools.jackson", "org.springframework.security" })
	void doesWithoutWhatIsOptional(String absent) {
		this.runner.withClassLoader(new FilteredClassLoader(absent))
			.withPropertyValues("trunkline.table.deletion-password=plain")
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(TableManager.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "trunkline.enabled=false", "trunkline.table.enabled=false" })
	void isOffWhereAPropertySaysSo(String property) {
		this.runner.withPropertyValues(property)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(TableManager.class));
	}

	@Test
	void isOffWithoutConnections() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(TableManagerAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(TableManager.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "trunkline.table.deletion-password=" })
	void deletesNoTablesWithoutAPassword(String property) {
		this.runner.withPropertyValues(property)
			.run((context) -> StepVerifier.create(context.getBean(DeletionGuard.class).check(REQUEST, ""))
				.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(DeletionDeniedException.class)
					.hasMessageContaining("trunkline.table.deletion-password"))
				.verify());
	}

	@Test
	void comparesPlainAndEncodedPasswords() {
		for (String password : new String[] { "пароль", "{noop}пароль",
				"{bcrypt}" + new BCryptPasswordEncoder(4).encode("пароль") }) {
			this.runner.withPropertyValues("trunkline.table.deletion-password=" + password).run((context) -> {
				DeletionGuard guard = context.getBean(DeletionGuard.class);
				StepVerifier.create(guard.check(REQUEST, "пароль")).verifyComplete();
				StepVerifier.create(guard.check(REQUEST, password.equals("пароль") ? "Пароль" : password))
					.verifyError(DeletionDeniedException.class);
			});
		}
	}

	@Test
	void saysWhatAnEncodedPasswordNeeds() {
		this.runner.withClassLoader(new FilteredClassLoader("org.springframework.security"))
			.withPropertyValues("trunkline.table.deletion-password={bcrypt}$2a$secret")
			.run((context) -> assertAnalysis(context.getStartupFailure(), "spring-security-crypto"));
		this.runner.withPropertyValues("trunkline.table.deletion-password={rot13}secret")
			.run((context) -> assertAnalysis(context.getStartupFailure(), "{bcrypt}"));
	}

	private static void assertAnalysis(Throwable failure, String action) {
		FailureAnalysis analysis = new DeletionPasswordFailureAnalyzer().analyze(failure);
		assertThat(analysis).isNotNull();
		assertThat(analysis.getAction()).contains(action);
		assertThat(analysis.getDescription()).contains("trunkline.table.deletion-password").doesNotContain("secret");
	}

	@ParameterizedTest
	@CsvSource({ "fetch-size,-1", "staging-threshold,0" })
	void namesAWrongPropertyAndTheReason(String name, String value) {
		this.runner.withPropertyValues("trunkline.table." + name + "=" + value)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class,
						(ex) -> assertThat(ex.getName()).isEqualTo("trunkline.table." + name)));
	}

}
