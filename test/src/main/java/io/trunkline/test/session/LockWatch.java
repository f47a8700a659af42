package io.trunkline.test.session;

import java.time.Duration;
import java.util.Objects;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Wrapped;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Ends waits for locks between a test's transaction and connections outside of it. The
 * transaction lasts as long as the test, so such a wait may have no end of its own. It
 * looks from a connection of its own, each time when a wait may have become too long. One
 * watch serves all tests of a connection: to start a timer for each takes longer than
 * most of them.
 */
final class LockWatch implements Disposable {

	private static final String WAITS = """
			SELECT waiting.pid, waiting.application_name, waiting.query,
					holding.pid, holding.application_name, holding.query, holding.state
			FROM pg_catalog.pg_stat_activity waiting
			CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(waiting.pid)) AS blocking (pid)
			JOIN pg_catalog.pg_stat_activity holding ON holding.pid = blocking.pid
			WHERE waiting.wait_event_type = 'Lock' AND $1 IN (waiting.pid, holding.pid)
				AND (SELECT min(waitstart) FROM pg_catalog.pg_locks WHERE pid = waiting.pid AND NOT granted)
					< pg_catalog.clock_timestamp() - $2 * interval '1 millisecond'
			""";

	private static final Log logger = LogFactory.getLog(LockWatch.class);

	private final ConnectionFactory connectionFactory;

	private final int pid;

	private final Duration longest;

	private final Disposable watch;

	private volatile @Nullable TestSession session;

	/**
	 * Begin to watch.
	 * @param connectionFactory where the tests' connection came from
	 * @param pid the tests' backend
	 * @param longest how long a wait may last
	 */
	LockWatch(ConnectionFactory connectionFactory, int pid, Duration longest) {
		this.connectionFactory = unpooled(connectionFactory);
		this.pid = pid;
		this.longest = longest;
		this.watch = Flux.interval(longest, longest).onBackpressureDrop().concatMap((tick) -> look(), 1).subscribe();
	}

	/**
	 * Look for a session from now on.
	 * @param session what is told of waits, {@code null} where there is none
	 */
	void session(@Nullable TestSession session) {
		this.session = session;
	}

	/**
	 * A pool may have no connection left.
	 */
	private static ConnectionFactory unpooled(ConnectionFactory connectionFactory) {
		ConnectionFactory current = connectionFactory;
		while (current instanceof Wrapped<?> wrapped && wrapped.unwrap() instanceof ConnectionFactory inner) {
			current = inner;
		}
		return current;
	}

	private Mono<Void> look() {
		TestSession current = this.session;
		if (current == null) {
			return Mono.empty();
		}
		return Flux
			.usingWhen(Mono.<Connection>from(this.connectionFactory.create()),
					(connection) -> look(connection, current), Connection::close)
			.onErrorResume((ex) -> {
				logger.debug("Waits for locks cannot be looked at", ex);
				return Flux.empty();
			})
			.then();
	}

	/**
	 * What there is to say is said first: a wait that is cancelled may be the last thing
	 * in the test.
	 */
	private Flux<Long> look(Connection connection, TestSession current) {
		return Flux.from(connection.createStatement(WAITS).bind(0, this.pid).bind(1, this.longest.toMillis()).execute())
			.concatMap((result) -> result.map((row) -> report(row, current)))
			.collectList()
			.flatMapIterable((waiting) -> waiting)
			.distinct()
			.concatMap((waiting) -> Flux
				.from(connection.createStatement("SELECT pg_catalog.pg_cancel_backend($1)").bind(0, waiting).execute())
				.concatMap(Result::getRowsUpdated));
	}

	private Integer report(Readable row, TestSession current) {
		Integer waiting = Objects.requireNonNull(row.get(0, Integer.class));
		current.problem((waiting == this.pid)
				? "It waited for a lock of a connection outside of it, and was cancelled: "
						+ current.frames().describeOpen() + " waited for " + connection(row, 3) + ", which is "
						+ row.get(6, String.class) + "."
				: "It held a lock that a connection outside of it waited for, which was cancelled: "
						+ connection(row, 0) + ". Let it use the test's connection factory, or let the test have a"
						+ " database of its own with @DatabasePerTest.");
		return waiting;
	}

	private static String connection(Readable row, int from) {
		String application = row.get(from + 1, String.class);
		return "backend " + row.get(from, Integer.class)
				+ ((application != null && !application.isEmpty()) ? " of '" + application + "'" : "") + " ["
				+ String.valueOf(row.get(from + 2, String.class)).strip() + "]";
	}

	@Override
	public void dispose() {
		this.watch.dispose();
	}

}
