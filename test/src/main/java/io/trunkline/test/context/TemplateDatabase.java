package io.trunkline.test.context;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import io.trunkline.connection.SqlIdentifiers;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * A copy of a context's database that nobody connects to, and the clones of it. One clone
 * is always made ahead.
 */
final class TemplateDatabase {

	private static final String IN_USE = "55006";

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private static final Log logger = LogFactory.getLog(TemplateDatabase.class);

	private static final AtomicInteger names = new AtomicInteger();

	private final ConnectionFactoryOptions options;

	private final ConnectionFactory maintenance;

	private final String template;

	private @Nullable CompletableFuture<String> next;

	private TemplateDatabase(ConnectionFactoryOptions options) {
		this.options = options;
		this.maintenance = ConnectionFactories
			.get(direct(options).option(ConnectionFactoryOptions.DATABASE, "postgres").build());
		this.template = name("template");
	}

	/**
	 * Copy a database, of which all connections are ended.
	 * @param options what leads to it
	 */
	static TemplateDatabase of(ConnectionFactoryOptions options) {
		TemplateDatabase template = new TemplateDatabase(options);
		String database = String.valueOf(options.getRequiredValue(ConnectionFactoryOptions.DATABASE));
		template.endConnections(database)
			.then(template.run("CREATE DATABASE " + template.template + " TEMPLATE " + SqlIdentifiers.quote(database)))
			// Who was sent away may have come back.
			.retryWhen(Retry.backoff(20, Duration.ofMillis(20)).filter(TemplateDatabase::isInUse))
			.then(template.run("ALTER DATABASE " + template.template + " ALLOW_CONNECTIONS false"))
			.doFinally((signal) -> EndedConnections.happened())
			.block(LONGEST);
		return template;
	}

	private static boolean isInUse(Throwable ex) {
		return ex instanceof R2dbcException r2dbc && IN_USE.equals(r2dbc.getSqlState());
	}

	private static String name(String kind) {
		return "trunkline_%s_%d_%d".formatted(kind, ProcessHandle.current().pid(), names.incrementAndGet());
	}

	private static ConnectionFactoryOptions.Builder direct(ConnectionFactoryOptions options) {
		ConnectionFactoryOptions.Builder builder = options.mutate();
		Object protocol = options.getValue(ConnectionFactoryOptions.PROTOCOL);
		if ("pool".equals(options.getRequiredValue(ConnectionFactoryOptions.DRIVER)) && protocol != null) {
			builder.option(ConnectionFactoryOptions.DRIVER, protocol.toString())
				.option(ConnectionFactoryOptions.PROTOCOL, "");
		}
		return builder;
	}

	/**
	 * Take a clone, and have the next one made meanwhile.
	 * @return its name
	 */
	synchronized String take() {
		CompletableFuture<String> ready = this.next;
		String name = ((ready != null) ? ready : make()).join();
		this.next = make();
		return name;
	}

	private CompletableFuture<String> make() {
		String name = name("clone");
		return run("CREATE DATABASE " + name + " TEMPLATE " + this.template).thenReturn(name)
			.subscribeOn(Schedulers.boundedElastic())
			.toFuture();
	}

	/**
	 * Make a factory without a pool for a clone.
	 */
	ConnectionFactory connect(String name) {
		return ConnectionFactories.get(direct(this.options).option(ConnectionFactoryOptions.DATABASE, name).build());
	}

	/**
	 * Return the URL of a clone, without credentials.
	 */
	String url(String name) {
		Object port = this.options.getValue(ConnectionFactoryOptions.PORT);
		return "r2dbc:postgresql://%s:%s/%s".formatted(this.options.getRequiredValue(ConnectionFactoryOptions.HOST),
				(port != null) ? port : 5432, name);
	}

	void drop(String name) {
		run("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)").block(LONGEST);
	}

	/**
	 * Drop the template and the clone that nobody took.
	 */
	synchronized void close() {
		try {
			CompletableFuture<String> unused = this.next;
			if (unused != null) {
				drop(unused.join());
			}
			drop(this.template);
		}
		catch (RuntimeException ex) {
			logger.debug("The server has gone before its databases", ex);
		}
	}

	private Mono<Void> endConnections(String database) {
		return execute((connection) -> connection
			.createStatement("SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
					+ " WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()")
			.bind(0, database));
	}

	private Mono<Void> run(String sql) {
		return execute((connection) -> connection.createStatement(sql));
	}

	private Mono<Void> execute(Function<Connection, Statement> statement) {
		return Flux
			.usingWhen(Mono.from(this.maintenance.create()),
					(connection) -> Flux.from(statement.apply(connection).execute()).concatMap(Result::getRowsUpdated),
					Connection::close)
			.then();
	}

}
