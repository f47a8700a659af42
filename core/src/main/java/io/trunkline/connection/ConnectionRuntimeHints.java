package io.trunkline.connection;

import io.r2dbc.postgresql.client.ReactorNettyClient;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * Lets a native image reach the field below which the driver keeps its channel: without
 * it, reading cannot be stopped there while nobody asks for more, and notifications come
 * through the driver.
 */
final class ConnectionRuntimeHints implements RuntimeHintsRegistrar {

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		hints.reflection().registerType(ReactorNettyClient.class, (type) -> type.withField("connection"));
	}

}
