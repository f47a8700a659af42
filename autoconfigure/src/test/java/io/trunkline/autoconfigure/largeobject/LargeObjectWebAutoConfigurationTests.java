package io.trunkline.autoconfigure.largeobject;

import io.r2dbc.spi.ConnectionFactories;
import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.largeobject.web.LargeObjectResponses;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.web.reactive.function.server.ServerResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link LargeObjectWebAutoConfiguration}. No connection is opened.
 */
class LargeObjectWebAutoConfigurationTests {

	private final LargeObjectTemplate template = LargeObjectTemplate
		.create(ConnectionFactories.get("r2dbc:postgresql://user:secret@localhost:1/nowhere"));

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LargeObjectWebAutoConfiguration.class));

	@Test
	void answersFromTheTemplate() {
		this.runner.withBean(LargeObjectTemplate.class, () -> this.template)
			.run((context) -> assertThat(context).hasSingleBean(LargeObjectResponses.class));
	}

	@Test
	void backsOffForABeanOfTheUser() {
		LargeObjectResponses responses = LargeObjectResponses.create(this.template);
		this.runner.withBean(LargeObjectTemplate.class, () -> this.template)
			.withBean(LargeObjectResponses.class, () -> responses)
			.run((context) -> assertThat(context).getBean(LargeObjectResponses.class).isSameAs(responses));
	}

	@Test
	void needsATemplateAndWebFlux() {
		this.runner.run((context) -> assertThat(context).doesNotHaveBean(LargeObjectResponses.class));
		this.runner.withBean(LargeObjectTemplate.class, () -> this.template)
			.withClassLoader(new FilteredClassLoader(ServerResponse.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(LargeObjectResponses.class));
	}

}
