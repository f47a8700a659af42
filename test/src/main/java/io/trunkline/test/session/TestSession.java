package io.trunkline.test.session;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.r2dbc.spi.Wrapped;
import io.trunkline.test.session.OwnStatement.Command;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * One transaction on one physical connection, which all connections share that are asked
 * for while it lasts. Each of them has transactions of its own, as savepoints; nothing of
 * it is committed unless that is asked for at the end.
 */
public final class TestSession {

	static final Duration LONGEST_ROLLBACK = Duration.ofSeconds(10);

	private static final String UNLOCK = "SELECT pg_catalog.pg_advisory_unlock_all()";

	private static final Command BEGIN = new Command("BEGIN");

	private static final int POOLED = 10;

	private static final Log logger = LogFactory.getLog(TestSession.class);

	private final Wire wire;

	private final SessionOptions options;

	private final FrameStack frames;

	private final Transactions transactions;

	private final OwnStatement begin;

	private final StatementLog log = new StatementLog();

	private final List<String> problems = new CopyOnWriteArrayList<>();

	private final AtomicBoolean warnedOfNotify = new AtomicBoolean();

	private final Set<String> warnedOfLocks = ConcurrentHashMap.newKeySet();

	private volatile @Nullable SessionExchange running;

	private volatile @Nullable String poison;

	private volatile boolean ended;

	TestSession(Wire wire, SessionOptions options) {
		this.wire = wire;
		this.options = options;
		this.frames = new FrameStack(options.waitTimeout());
		this.transactions = new Transactions(this, this.wire, this.frames);
		this.begin = begin(options.isolationLevel());
		this.wire.runLater(this.begin);
		this.wire.withoutTimeouts().forEach((command) -> this.wire.runLater(own(command)));
		this.wire.runLater(this.transactions.deferral().look((ex) -> poison("a look at constraints", ex)));
		this.wire.watchLocks(options.waitTimeout(), this);
	}

	/**
	 * Take a connection from a factory, which may be a pool, and begin the transaction.
	 * @param connectionFactory where the physical connection comes from
	 * @param options how the session behaves
	 * @return the session, or an error of type {@link PassedOn} where the factory hands
	 * out connections of another session
	 */
	public static Mono<TestSession> open(ConnectionFactory connectionFactory, SessionOptions options) {
		return Mono.<Connection>from(connectionFactory.create())
			.flatMap((connection) -> Mono.fromSupplier(() -> wire(connectionFactory, connection))
				// A pool may hold connections that the server has ended a moment ago.
				.flatMap((wire) -> wire.look().then(Mono.fromSupplier(() -> new TestSession(wire, options))))
				.onErrorResume((ex) -> Mono.from(connection.close()).onErrorComplete().then(Mono.error(ex))))
			.retryWhen(Retry.backoff(POOLED, Duration.ofMillis(1))
				.filter(R2dbcException.class::isInstance)
				.onRetryExhaustedThrow((retry, signal) -> signal.failure()));
	}

	private static Wire wire(ConnectionFactory connectionFactory, Connection connection) {
		Object current = connection;
		while (current instanceof Wrapped<?> wrapped) {
			if (current instanceof SessionConnection) {
				throw new PassedOn();
			}
			current = wrapped.unwrap();
		}
		return new Wire(connectionFactory, connection);
	}

	/**
	 * Begin with whatever the test sends first, so that its transaction is as old as
	 * that.
	 */
	private OwnStatement begin(@Nullable IsolationLevel isolation) {
		Command begin = (isolation != null) ? new Command("BEGIN ISOLATION LEVEL " + isolation.asSql()) : BEGIN;
		return own(begin);
	}

	private OwnStatement own(Command command) {
		return new OwnStatement(command, (ex) -> poison(command.sql(), ex));
	}

	/**
	 * Whether nothing has been sent in its transaction.
	 */
	boolean isUnused() {
		return this.wire.isUnsent(this.begin);
	}

	/**
	 * Return the statements that undo everything.
	 */
	String beginAgain() {
		return Stream
			.concat(Stream.of("ROLLBACK", this.begin.command().sql()),
					this.wire.withoutTimeouts().stream().map(Command::sql))
			.collect(Collectors.joining("; "));
	}

	/**
	 * Make a connection. Nothing is sent for it, and nothing is held by it.
	 * @return the connection
	 */
	public Mono<Connection> connect() {
		return Mono.defer(() -> {
			if (this.ended) {
				throw lateUse();
			}
			SessionConnection connection = new SessionConnection(this);
			return Mono.<Connection>just(connection).doOnCancel(connection::abandoned);
		});
	}

	/**
	 * Return the statements that the test ran.
	 */
	public StatementLog log() {
		return this.log;
	}

	/**
	 * End the transaction, and give the physical connection back. Work that is under way
	 * is waited for, but not for long.
	 * @param commit whether to keep what the test did
	 * @return an error of type {@link TestSessionException} where something was left open
	 * or is not as it would be in production
	 */
	public Mono<Void> end(boolean commit) {
		return stop().then(Mono.defer(() -> finish(commit && this.problems.isEmpty()))).then(outcome());
	}

	/**
	 * End the transaction by a rollback that goes out now and is not waited for, where
	 * the test has left nothing else to end.
	 * @param next takes the connection for the next test
	 * @return an error of type {@link TestSessionException} where something was left open
	 * or is not as it would be in production
	 */
	Mono<Void> end(Consumer<KeptConnection> next) {
		return stop().then(Mono.defer(() -> {
			if (!this.problems.isEmpty() || !this.wire.isConnected()) {
				return finish(false);
			}
			forgetPrepared();
			next.accept(new KeptConnection(this.wire, rollback()));
			return Mono.empty();
		})).then(outcome());
	}

	private Mono<Void> stop() {
		return whenIdle().then(Mono.fromRunnable(() -> {
			this.ended = true;
			this.wire.tellOfLocks(null);
			List<Frame> left = this.frames.close(this::lateUse);
			if (isPoisoned()) {
				// What is open still could not be ended any more.
				return;
			}
			left.forEach((frame) -> problem((frame.isTransaction() ? "It was left open: " : "It was still running: ")
					+ frame.describe() + ". It is rolled back with the test."));
		}));
	}

	private Mono<Void> outcome() {
		return Mono
			.defer(() -> this.problems.isEmpty() ? Mono.empty() : Mono.error(new TestSessionException(this.problems)));
	}

	/**
	 * Mostly it is by then, and needs no timer.
	 */
	private Mono<Void> whenIdle() {
		return Mono.defer(() -> (this.frames.isIdle() || isPoisoned()) ? Mono.empty()
				: Mono.<Void>create((sink) -> this.frames.whenIdle(sink::success))
					.timeout(this.options.endTimeout(), Mono.empty()));
	}

	private Mono<Void> finish(boolean commit) {
		SessionExchange stuck = this.running;
		if (stuck != null && stuck.copiesIn()) {
			// It would take neither a request to cancel nor a rollback.
			this.poison = "The connection was broken off at the end of the test";
			return this.wire.breakOff().then(this.wire.giveBack());
		}
		Mono<Void> cancelled = (stuck != null) ? cancelStatement(stuck.connection()).onErrorComplete()
			// A rollback sent before it would be taken for its doing.
			.then(stuck.whenOver().timeout(LONGEST_ROLLBACK, Mono.empty())) : Mono.empty();
		return cancelled.then(Mono.defer(() -> commit ? commit() : rollback()).timeout(LONGEST_ROLLBACK))
			.onErrorResume((ex) -> {
				problem("The test's transaction did not end as it should: " + ex.getMessage());
				return this.wire.breakOff();
			})
			.then(Mono.fromRunnable(this::forgetPrepared))
			.then(this.wire.giveBack());
	}

	/**
	 * What was prepared with tables that are rolled back has plans that fit no longer,
	 * and inside a transaction, where production has none such, that fails.
	 */
	private void forgetPrepared() {
		if (this.transactions.deferral().hasDefined()) {
			TrunklineClientAccess.forgetPrepared(this.wire.connection(),
					this.log.entries().stream().map(StatementLog.Entry::sql).distinct().toList());
		}
	}

	private Mono<Void> commit() {
		return this.wire.run("COMMIT")
			.onErrorMap(Wire.ServerException.class, Wire.ServerException::asDriverException)
			.then(this.wire.run(UNLOCK));
	}

	private Mono<Void> rollback() {
		return this.wire.forget(this.begin) ? Mono.empty() : this.wire.run("ROLLBACK; " + UNLOCK);
	}

	Wire wire() {
		return this.wire;
	}

	FrameStack frames() {
		return this.frames;
	}

	Transactions transactions() {
		return this.transactions;
	}

	/**
	 * Refuse a statement that the session cannot carry.
	 */
	void check(String sql) {
		RefusedSql.check(sql);
		if ((StatementText.firstWord(sql).equals("NOTIFY") || sql.contains("pg_notify"))
				&& this.warnedOfNotify.compareAndSet(false, true)) {
			logger.warn("NOTIFY is not delivered in a test that is rolled back; use @DatabasePerTest: " + sql);
		}
	}

	/**
	 * Warn of advisory locks that a commit would have given back.
	 */
	void keptLocks(List<String> statements) {
		if (statements.isEmpty()) {
			return;
		}
		statements.stream()
			.filter(this.warnedOfLocks::add)
			.forEach((sql) -> logger.warn("An advisory lock that a commit gives back is held until the end of the"
					+ " test, which is rolled back; where others wait for it, use @DatabasePerTest: " + sql));
	}

	void running(@Nullable SessionExchange exchange) {
		this.running = exchange;
	}

	Mono<Void> cancelStatement(SessionConnection connection) {
		return Mono.defer(() -> {
			SessionExchange exchange = this.running;
			if (exchange == null || exchange.connection() != connection || !exchange.cancels().begin()) {
				return Mono.empty();
			}
			return this.wire.client().cancelRequest().doFinally((signal) -> exchange.cancels().end());
		});
	}

	void problem(String problem) {
		this.problems.add(problem);
	}

	/**
	 * Give up: the transaction that everything stands on is gone.
	 */
	void poison(String what, @Nullable Throwable ex) {
		synchronized (this) {
			if (this.poison != null) {
				return;
			}
			String why = what + ((ex != null) ? " (" + ex.getMessage() + ")" : "");
			this.poison = this.wire.isConnected()
					? "The test's transaction was ended, or its savepoints were, by " + why
							+ ". What ran until then may have been committed, and nothing can run after it."
					: "The connection of the test was lost at " + why + ". The server rolls back what it did.";
		}
		problem(String.valueOf(this.poison));
		this.frames.close(this::poisoned);
	}

	boolean isPoisoned() {
		return this.poison != null;
	}

	R2dbcException poisoned() {
		return new R2dbcNonTransientResourceException(this.poison);
	}

	boolean hasEnded() {
		return this.ended;
	}

	R2dbcException lateUse() {
		return new R2dbcNonTransientResourceException(
				"The test that this connection belongs to has ended: whatever runs"
						+ " on in the background must end with it, or get a connection of its own after it");
	}

	@Override
	public String toString() {
		return "test session on " + this.wire;
	}

	/**
	 * A factory that decorates another bean, or that routes to others, needs no session:
	 * what it hands out is of theirs.
	 */
	static final class PassedOn extends RuntimeException {

		private static final long serialVersionUID = 1L;

		PassedOn() {
			super("The connections of the factory are of another one's session", null, false, false);
		}

	}

}
