package io.trunkline.connection;

import java.util.List;

import io.r2dbc.postgresql.client.ReactorNettyClient;
import org.junit.jupiter.api.Test;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.core.io.support.SpringFactoriesLoader;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ConnectionRuntimeHints}, as Spring's AOT processing finds them.
 */
class ConnectionRuntimeHintsTests {

	@Test
	void letsNativeImagesReachTheChannelOfTheDriver() throws NoSuchFieldException {
		RuntimeHints hints = new RuntimeHints();
		List<RuntimeHintsRegistrar> registrars = SpringFactoriesLoader
			.forResourceLocation("META-INF/spring/aot.factories")
			.load(RuntimeHintsRegistrar.class);
		registrars.stream()
			.filter(ConnectionRuntimeHints.class::isInstance)
			.forEach((registrar) -> registrar.registerHints(hints, getClass().getClassLoader()));
		assertThat(RuntimeHintsPredicates.reflection()
			.onFieldAccess(ReactorNettyClient.class.getDeclaredField("connection"))).accepts(hints);
	}

}
