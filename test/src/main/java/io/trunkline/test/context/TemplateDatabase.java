package io.trunkline.test.context;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.R2dbcException;
import io.trunkline.connection.SqlIdentifiers;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * A copy of a context's database that nobody connects to, and the clones of it. Clones
 * are made ahead, each with an open connection, and dropped, while the tests run: neither
 * waits for the other.
 */
final class TemplateDatabase {

	private static final String IN_USE = "55006";

	private static final Duration LONGEST = Duration.ofSeconds(60);

	/**
	 * With two, one can be copied while the first connection to the other is opened.
	 */
	private static final int AHEAD = 2;

	private static final Executor BACKGROUND = (task) -> Schedulers.boundedElastic().schedule(task);

	private static final Log logger = LogFactory.getLog(TemplateDatabase.class);

	private static final AtomicInteger templates = new AtomicInteger();

	private final ConnectionFactory model;

	private final ConnectionFactoryOptions options;

	private final MaintenanceConnection makes;

	private final MaintenanceConnection drops;

	private final String number = String.valueOf(templates.incrementAndGet());

	private final String template = DatabaseNames.name("template", this.number);

	private final AtomicInteger clones = new AtomicInteger();

	private final String strategy;

	private final Deque<CompletableFuture<CloneDatabase>> ahead = new ArrayDeque<>();

	private final Set<CompletableFuture<Void>> ending = ConcurrentHashMap.newKeySet();

	private volatile DatabaseSettings settings = DatabaseSettings.NONE;

	private volatile boolean closed;

	private TemplateDatabase(ConnectionFactory model, ConnectionFactoryOptions options) {
		this.model = model;
		this.options = options;
		ConnectionFactory maintenance = DirectConnections.to(options, "postgres");
		this.makes = new MaintenanceConnection(maintenance);
		this.drops = new MaintenanceConnection(maintenance);
		this.strategy = strategy();
	}

	/**
	 * Copy a database, of which all connections are ended.
	 * @param model the connection factory of the application
	 * @param options what leads to it
	 */
	static TemplateDatabase of(ConnectionFactory model, ConnectionFactoryOptions options) {
		TemplateDatabase template = new TemplateDatabase(model, options);
		Mono.fromRunnable(template::create)
			.subscribeOn(Schedulers.boundedElastic())
			// Who was sent away may have come back.
			.retryWhen(Retry.backoff(20, Duration.ofMillis(20)).filter(TemplateDatabase::isInUse))
			.doFinally((signal) -> EndedConnections.happened())
			.doOnError((ex) -> template.closeConnections())
			.block(LONGEST);
		return template;
	}

	/**
	 * Before 15 there is one way to copy, by files. Later versions write what they copy
	 * to their log instead, which spares them to wait for their disk: where they do not
	 * wait for it anyhow, files are faster. With them comes the cache that saves the
	 * first connection of a database its start.
	 */
	private String strategy() {
		boolean files = Boolean.parseBoolean(
				this.makes
					.run("SELECT pg_catalog.current_setting('fsync') = 'off'"
							+ " AND pg_catalog.current_setting('server_version_num')::int >= 150000")
					.get(0));
		return files ? " STRATEGY FILE_COPY" : "";
	}

	/**
	 * The server's own processes in a database, such as an autovacuum, are ended by the
	 * copying, and a role may not end them.
	 */
	private void create() {
		String database = String.valueOf(this.options.getRequiredValue(ConnectionFactoryOptions.DATABASE));
		this.makes.run("SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
				+ " WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid() AND backend_type = 'client backend'",
				database);
		this.settings = DatabaseSettings.of(this.makes, database);
		create(this.template, SqlIdentifiers.quote(database));
		this.makes.run("ALTER DATABASE " + this.template + " ALLOW_CONNECTIONS false");
	}

	private void create(String name, String source) {
		this.makes.run("CREATE DATABASE " + name + " TEMPLATE " + source + this.strategy);
	}

	private static boolean isInUse(Throwable ex) {
		return ex instanceof R2dbcException r2dbc && IN_USE.equals(r2dbc.getSqlState());
	}

	/**
	 * Take a clone, and have the next ones made meanwhile.
	 */
	synchronized CloneDatabase take() {
		CompletableFuture<CloneDatabase> first = this.ahead.isEmpty() ? make() : this.ahead.remove();
		while (this.ahead.size() < AHEAD) {
			this.ahead.add(make());
		}
		try {
			return first.join();
		}
		catch (CompletionException ex) {
			// What was in the way when it was made ahead may be gone.
			return make().join();
		}
	}

	private CompletableFuture<CloneDatabase> make() {
		return CompletableFuture.supplyAsync(() -> {
			String name = DatabaseNames.name("clone", this.number + "_" + this.clones.incrementAndGet());
			create(name, this.template);
			try {
				this.settings.apply(this.makes, name);
				CloneDatabase clone = new CloneDatabase(this, name);
				clone.connectionFactory(this.model, this.options);
				return clone;
			}
			catch (RuntimeException ex) {
				drop(name);
				throw ex;
			}
		}, BACKGROUND);
	}

	/**
	 * Return the URL of a clone, without credentials.
	 */
	String url(String name) {
		Object port = this.options.getValue(ConnectionFactoryOptions.PORT);
		return "r2dbc:postgresql://%s:%s/%s".formatted(this.options.getRequiredValue(ConnectionFactoryOptions.HOST),
				(port != null) ? port : 5432, name);
	}

	/**
	 * Part with a clone.
	 * @param keep whether the database stays
	 */
	void end(CloneDatabase clone, boolean keep) {
		CompletableFuture<Void> end = CompletableFuture.runAsync(() -> {
			clone.connectionFactories().stream().filter(Pools::isPooled).forEach(Pools::dispose);
			if (!keep) {
				drop(clone.name());
			}
		}, BACKGROUND);
		this.ending.add(end);
		end.whenComplete((nothing, ex) -> {
			this.ending.remove(end);
			if (ex != null) {
				logger.warn("The database " + clone.name() + " of a test could not be dropped", ex);
			}
		});
	}

	private static void settle(CompletableFuture<?> work) {
		work.exceptionally((ex) -> null).join();
	}

	private void drop(String name) {
		String sql = "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)";
		try {
			this.drops.run(sql);
		}
		catch (R2dbcException ex) {
			// Another context that makes a template of 'postgres' ended the connection.
			this.drops.run(sql);
		}
		finally {
			if (this.closed) {
				this.drops.close();
			}
		}
	}

	/**
	 * Drop the template and the clones that nobody took.
	 */
	synchronized void close() {
		this.closed = true;
		try {
			this.ahead.forEach((unused) -> settle(unused.thenAccept((clone) -> end(clone, false))));
			this.ahead.clear();
			this.ending.forEach(TemplateDatabase::settle);
			drop(this.template);
		}
		catch (RuntimeException ex) {
			logger.debug("The server has gone before its databases", ex);
		}
		finally {
			closeConnections();
		}
	}

	private void closeConnections() {
		this.makes.close();
		this.drops.close();
	}

}
