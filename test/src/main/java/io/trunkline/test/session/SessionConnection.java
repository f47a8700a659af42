package io.trunkline.test.session;

import java.time.Duration;
import java.util.function.Supplier;

import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.postgresql.api.CopyInBuilder;
import io.r2dbc.postgresql.api.Notification;
import io.r2dbc.postgresql.api.PostgresqlBatch;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlConnectionMetadata;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.postgresql.api.PostgresqlStatement;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.r2dbc.spi.TransactionDefinition;
import io.r2dbc.spi.ValidationDepth;
import io.r2dbc.spi.Wrapped;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.r2dbc.connection.R2dbcTransactionManager;

/**
 * A connection as the application sees it during a test. It has transactions of its own,
 * which are savepoints of the test's.
 */
final class SessionConnection implements PostgresqlConnection, Wrapped<PostgresqlConnection> {

	private final TestSession session;

	private final PostgresqlConnection guarded;

	private volatile @Nullable Frame transaction;

	private volatile @Nullable IsolationLevel isolationLevel;

	private volatile @Nullable Runnable whenAbandoned;

	private volatile boolean closed;

	private volatile boolean timeoutsSet;

	SessionConnection(TestSession session) {
		this.session = session;
		this.guarded = TrunklineClientAccess.connection(session.wire().connection(),
				new SessionClient(session, this, null));
	}

	@Nullable Frame transaction() {
		return this.transaction;
	}

	void transaction(@Nullable Frame frame) {
		this.transaction = frame;
	}

	/**
	 * Say what to do where whoever asked for this connection loses interest in it.
	 */
	void whenAbandoned(Runnable action) {
		this.whenAbandoned = action;
	}

	/**
	 * The subscription that brought this connection has been cancelled, which says
	 * nothing by itself: many who have what they asked for cancel.
	 */
	void abandoned() {
		Runnable action = this.whenAbandoned;
		if (action != null) {
			action.run();
		}
	}

	boolean isOpen() {
		return !this.closed && !this.session.hasEnded();
	}

	boolean isClosed() {
		return this.closed;
	}

	void requireOpen() {
		if (this.session.hasEnded()) {
			throw this.session.lateUse();
		}
		if (this.closed) {
			throw new R2dbcNonTransientResourceException("The connection has been closed");
		}
	}

	private <T> Mono<T> open(Supplier<Mono<T>> work) {
		return Mono.defer(() -> {
			requireOpen();
			return work.get();
		});
	}

	@Override
	public Mono<Void> beginTransaction() {
		return open(() -> begin("without a name", false, false));
	}

	@Override
	public Mono<Void> beginTransaction(TransactionDefinition definition) {
		return open(() -> {
			String name = definition.getAttribute(TransactionDefinition.NAME);
			IsolationLevel isolation = definition.getAttribute(TransactionDefinition.ISOLATION_LEVEL);
			if (isolation != null) {
				this.isolationLevel = isolation;
			}
			return begin((name != null) ? name : "without a name",
					Boolean.TRUE.equals(definition.getAttribute(TransactionDefinition.READ_ONLY)),
					definition.getClass().getPackage() == R2dbcTransactionManager.class.getPackage());
		});
	}

	private Mono<Void> begin(String name, boolean readOnly, boolean managed) {
		return (this.transaction != null) ? Mono.empty()
				: this.session.transactions().begin(this, name, readOnly, managed);
	}

	@Override
	public Mono<Void> commitTransaction() {
		return open(() -> {
			Frame frame = this.transaction;
			return (frame != null) ? this.session.transactions().commit(frame) : Mono.empty();
		});
	}

	@Override
	public Mono<Void> rollbackTransaction() {
		return open(() -> {
			Frame frame = this.transaction;
			return (frame != null) ? this.session.transactions().rollback(frame) : Mono.empty();
		});
	}

	@Override
	public Mono<Void> close() {
		return Mono.defer(() -> {
			if (!isOpen()) {
				return Mono.empty();
			}
			this.closed = true;
			this.session.frames()
				.withdraw(this, new R2dbcNonTransientResourceException("The connection has been closed"));
			Frame frame = this.transaction;
			Mono<Void> end = (frame != null) ? this.session.transactions().rollback(frame) : Mono.empty();
			return end
				.then(Mono
					.defer(() -> this.timeoutsSet ? this.session.transactions().resetTimeouts(this) : Mono.empty()))
				.then(this.guarded.close());
		});
	}

	@Override
	public Mono<Void> createSavepoint(String name) {
		return beginTransaction().then(inTransaction("SAVEPOINT " + name));
	}

	@Override
	public Mono<Void> releaseSavepoint(String name) {
		return open(() -> this.session.wire().isFailed() ? Mono.empty() : inTransaction("RELEASE SAVEPOINT " + name));
	}

	@Override
	public Mono<Void> rollbackTransactionToSavepoint(String name) {
		return inTransaction("ROLLBACK TO SAVEPOINT " + name);
	}

	private Mono<Void> inTransaction(String sql) {
		return open(() -> (this.transaction != null)
				? createStatement(sql).execute().concatMap(PostgresqlResult::getRowsUpdated).then() : Mono.empty());
	}

	@Override
	public boolean isAutoCommit() {
		return this.transaction == null;
	}

	@Override
	public Mono<Void> setAutoCommit(boolean autoCommit) {
		return autoCommit ? commitTransaction() : beginTransaction();
	}

	/**
	 * The isolation of the test's transaction is the one that counts; this one is told
	 * back and has no effect.
	 */
	@Override
	public Mono<Void> setTransactionIsolationLevel(IsolationLevel isolationLevel) {
		return open(() -> {
			this.isolationLevel = isolationLevel;
			return Mono.empty();
		});
	}

	@Override
	public IsolationLevel getTransactionIsolationLevel() {
		IsolationLevel isolation = this.isolationLevel;
		return (isolation != null) ? isolation : this.guarded.getTransactionIsolationLevel();
	}

	@Override
	public PostgresqlStatement createStatement(String sql) {
		requireOpen();
		this.session.check(sql);
		return TrunklineClientAccess.statement(this.guarded, new SessionClient(this.session, this, sql), (portal) -> {
		}, sql);
	}

	@Override
	public PostgresqlBatch createBatch() {
		requireOpen();
		return new CheckedBatch(this.session, this.guarded.createBatch());
	}

	@Override
	public CopyInBuilder copyIn(String sql) {
		requireOpen();
		this.session.check(sql);
		return this.guarded.copyIn(sql);
	}

	@Override
	public Mono<Void> setLockWaitTimeout(Duration timeout) {
		return timeouts(this.guarded.setLockWaitTimeout(timeout));
	}

	@Override
	public Mono<Void> setStatementTimeout(Duration timeout) {
		return timeouts(this.guarded.setStatementTimeout(timeout));
	}

	private Mono<Void> timeouts(Mono<Void> set) {
		return open(() -> {
			this.timeoutsSet = true;
			return set;
		});
	}

	@Override
	public Flux<Notification> getNotifications() {
		return this.guarded.getNotifications();
	}

	@Override
	public Mono<Void> cancelRequest() {
		return this.guarded.cancelRequest();
	}

	@Override
	public PostgresqlConnectionMetadata getMetadata() {
		return this.guarded.getMetadata();
	}

	@Override
	public Mono<Boolean> validate(ValidationDepth depth) {
		return Mono.defer(() -> isOpen() ? this.guarded.validate(depth) : Mono.just(false));
	}

	/**
	 * Return the driver's own connection, of which all statements take leases as well.
	 */
	@Override
	public PostgresqlConnection unwrap() {
		return this.guarded;
	}

	@Override
	public String toString() {
		return "Connection of " + this.session;
	}

	/**
	 * Checks each statement of a batch.
	 *
	 * @param session the session
	 * @param batch the driver's batch
	 */
	private record CheckedBatch(TestSession session, PostgresqlBatch batch) implements PostgresqlBatch {

		@Override
		public PostgresqlBatch add(String sql) {
			this.session.check(sql);
			this.batch.add(sql);
			return this;
		}

		@Override
		public Flux<PostgresqlResult> execute() {
			return this.batch.execute();
		}

	}

}
