package io.trunkline.test.autoconfigure;

import java.time.Duration;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.Result;
import io.trunkline.embedded.EmbeddedPostgresServer;
import io.trunkline.test.context.DatabaseNames;
import io.trunkline.test.context.DirectConnections;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The server that all contexts of a JVM share, each with a database of its own on it: the
 * one that {@code TRUNKLINE_TEST_URL} names, else an embedded one that ends with the JVM.
 */
final class SharedServer {

	static final String URL_VARIABLE = "TRUNKLINE_TEST_URL";

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private static final Duration LONGEST_CLOSE = Duration.ofSeconds(20);

	private static final AtomicInteger databases = new AtomicInteger();

	private static @Nullable SharedServer instance;

	private final ConnectionFactoryOptions options;

	/**
	 * The contexts that use it, and the JVM.
	 */
	private final Phaser contexts = new Phaser(1);

	private SharedServer(ConnectionFactoryOptions options) {
		this.options = options;
	}

	static synchronized SharedServer get() {
		SharedServer server = instance;
		if (server == null) {
			String url = System.getenv(URL_VARIABLE);
			server = (url != null && !url.isBlank()) ? new SharedServer(ConnectionFactoryOptions.parse(url))
					: embedded();
			instance = server;
		}
		return server;
	}

	private static SharedServer embedded() {
		EmbeddedPostgresServer server = EmbeddedPostgresServer.builder()
			.inMemory(true)
			.setting("max_connections", "500")
			.shutdownHook(false)
			.start();
		SharedServer shared = new SharedServer(ConnectionFactoryOptions.builder()
			.option(ConnectionFactoryOptions.DRIVER, "postgresql")
			.option(ConnectionFactoryOptions.HOST, server.getHost())
			.option(ConnectionFactoryOptions.PORT, server.getPort())
			.option(ConnectionFactoryOptions.DATABASE, server.getDatabase())
			.option(ConnectionFactoryOptions.USER, server.getUsername())
			.option(ConnectionFactoryOptions.PASSWORD, server.getPassword())
			.build());
		Runtime.getRuntime().addShutdownHook(new Thread(() -> {
			shared.awaitContexts();
			server.close();
		}, "trunkline-test-server-shutdown"));
		return shared;
	}

	/**
	 * The JVM closes the contexts as it ends, all at the same time as this: a server that
	 * ends before them has them complain of that. One that is never closed holds up
	 * nobody for long.
	 */
	private void awaitContexts() {
		int phase = this.contexts.arriveAndDeregister();
		try {
			this.contexts.awaitAdvanceInterruptibly(phase, LONGEST_CLOSE.toSeconds(), TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (TimeoutException ex) {
			// It goes without them.
		}
	}

	/**
	 * Create a database.
	 * @return options that lead to it
	 */
	ConnectionFactoryOptions createDatabase() {
		String name = DatabaseNames.name("test", String.valueOf(databases.incrementAndGet()));
		execute("CREATE DATABASE " + name);
		return this.options.mutate().option(ConnectionFactoryOptions.DATABASE, name).build();
	}

	void dropDatabase(ConnectionFactoryOptions options) {
		execute("DROP DATABASE IF EXISTS " + options.getRequiredValue(ConnectionFactoryOptions.DATABASE)
				+ " WITH (FORCE)");
	}

	/**
	 * Have an embedded server stay until it is released.
	 */
	void hold() {
		this.contexts.register();
	}

	void release() {
		this.contexts.arriveAndDeregister();
	}

	private void execute(String sql) {
		Flux.usingWhen(Mono.from(DirectConnections.to(this.options).create()),
				(connection) -> Flux.from(connection.createStatement(sql).execute()).concatMap(Result::getRowsUpdated),
				Connection::close)
			.blockLast(LONGEST);
	}

}
