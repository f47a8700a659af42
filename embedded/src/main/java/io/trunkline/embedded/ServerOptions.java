package io.trunkline.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * What a server was asked to be.
 *
 * @param version the major version to expect, {@code null} for any
 * @param dataDirectory where to keep the data, {@code null} for a temporary directory
 * @param inMemory whether a temporary directory should be in memory
 * @param port the port, 0 for a free one
 * @param database the database that has to be there
 * @param username the superuser's name
 * @param password the superuser's password
 * @param settings parameters of {@code postgresql.conf}, in their order
 * @param logLevel the level of what the server prints
 * @param startTimeout how long a start may take
 * @param shutdownHook whether the end of the JVM closes the server
 */
record ServerOptions(@Nullable Integer version, @Nullable Path dataDirectory, boolean inMemory, int port,
		String database, String username, String password, Map<String, String> settings, Level logLevel,
		Duration startTimeout, boolean shutdownHook) {

	ServerOptions {
		settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
	}

}
