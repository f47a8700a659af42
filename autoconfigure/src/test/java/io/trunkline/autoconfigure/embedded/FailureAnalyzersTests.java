package io.trunkline.autoconfigure.embedded;

import java.util.List;
import java.util.Objects;

import io.trunkline.embedded.EmbeddedPostgresException;
import io.trunkline.embedded.EmbeddedPostgresServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.Environment;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of the failure analyzers, as Spring Boot finds them.
 */
class FailureAnalyzersTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner().withConfiguration(
			AutoConfigurations.of(EmbeddedPostgresAutoConfiguration.class, R2dbcAutoConfiguration.class));

	@Test
	void saysHowToGetAConnectionWithoutTheArtifact() {
		this.contextRunner.withClassLoader(new FilteredClassLoader(EmbeddedPostgresServer.class)).run((context) -> {
			FailureAnalysis analysis = analyze(Objects.requireNonNull(context.getStartupFailure()),
					new MockEnvironment());
			assertThat(analysis.getDescription()).contains("'spring.r2dbc.url' is not set",
					"the embedded server is not on the class path");
			assertThat(analysis.getAction()).contains("Set 'spring.r2dbc.url'",
					"io.trunkline:trunkline-embedded-postgres", "active now: none");
		});
	}

	@Test
	void saysThatTheServerIsSwitchedOffBeforeSpringBootProposesH2() {
		this.contextRunner.withPropertyValues("trunkline.embedded.enabled=false").run((context) -> {
			MockEnvironment environment = new MockEnvironment();
			environment.setActiveProfiles("prod");
			FailureAnalysis analysis = analyze(Objects.requireNonNull(context.getStartupFailure()), environment);
			assertThat(analysis.getDescription()).contains("the embedded server is switched off");
			assertThat(analysis.getAction()).contains("trunkline.embedded.enabled", "active now: prod")
				.doesNotContain("H2");
		});
	}

	@Test
	void leavesOtherFailuresAlone() {
		assertThat(new MissingConnectionFailureAnalyzer(new MockEnvironment())
			.analyze(new BeanCreationException("other", new IllegalStateException()))).isNull();
		assertThat(new EmbeddedPostgresFailureAnalyzer().analyze(new IllegalStateException())).isNull();
	}

	@Test
	void saysWhatTheServersExceptionSays() {
		EmbeddedPostgresException cause = failure(EmbeddedPostgresException.Reason.PORT_IN_USE);
		FailureAnalysis analysis = analyze(new BeanCreationException("server", cause), new MockEnvironment());
		assertThat(analysis.getDescription()).isEqualTo("What happened");
		assertThat(analysis.getAction()).isEqualTo("What to do\n\nThe port is the property 'trunkline.embedded.port'.");
		assertThat(analysis.getCause()).isSameAs(cause);
	}

	@ParameterizedTest
	@CsvSource({ "VERSION_MISMATCH,trunkline.embedded.version",
			"DATA_DIRECTORY_VERSION,trunkline.embedded.data-directory",
			"DATA_DIRECTORY_IN_USE,trunkline.embedded.data-directory", "PORT_IN_USE,trunkline.embedded.port",
			"CREDENTIALS,trunkline.embedded.password", "BINARIES,What to do", "ROOT,What to do",
			"START_FAILED,What to do" })
	void namesTheProperty(EmbeddedPostgresException.Reason reason, String expected) {
		FailureAnalysis analysis = Objects
			.requireNonNull(new EmbeddedPostgresFailureAnalyzer().analyze(failure(reason)));
		assertThat(analysis.getAction()).startsWith("What to do").contains(expected);
	}

	private static EmbeddedPostgresException failure(EmbeddedPostgresException.Reason reason) {
		EmbeddedPostgresException failure = mock(EmbeddedPostgresException.class);
		given(failure.getMessage()).willReturn("What happened");
		given(failure.getAction()).willReturn("What to do");
		given(failure.getReason()).willReturn(reason);
		return failure;
	}

	private static FailureAnalysis analyze(Throwable failure, Environment environment) {
		ArgumentResolver arguments = ArgumentResolver.of(Environment.class, environment)
			.and(BeanFactory.class, mock(BeanFactory.class));
		List<FailureAnalyzer> analyzers = SpringFactoriesLoader.forDefaultResourceLocation()
			.load(FailureAnalyzer.class, arguments, (type, name, ex) -> {
				// Those for what is not on the class path.
			});
		return analyzers.stream()
			.map((analyzer) -> analyzer.analyze(failure))
			.filter(Objects::nonNull)
			.findFirst()
			.orElseThrow();
	}

}
