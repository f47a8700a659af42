package io.trunkline.test.session;

import java.util.Iterator;
import java.util.List;

import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.trunkline.test.session.OwnStatement.Command;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * The application's transactions, each of them a savepoint. What has been begun goes on
 * to its end when its subscriber leaves, and each transaction ends once.
 */
final class Transactions {

	private static final Command SAVEPOINT = new Command("SAVEPOINT " + Frame.STATEMENT);

	private static final Command RELEASE = new Command("RELEASE SAVEPOINT " + Frame.STATEMENT);

	private static final Log logger = LogFactory.getLog(Transactions.class);

	private final TestSession session;

	private final Wire wire;

	private final FrameStack frames;

	private final Deferral deferral = new Deferral();

	Transactions(TestSession session, Wire wire, FrameStack frames) {
		this.session = session;
		this.wire = wire;
		this.frames = frames;
	}

	Deferral deferral() {
		return this.deferral;
	}

	/**
	 * Begin a transaction.
	 * @param managed whether Spring's transaction manager does, which loses a transaction
	 * that is cancelled when it has begun and is not handed out yet: nobody ends it or
	 * closes its connection, but mostly the subscription that brought the connection is
	 * cancelled, and never later
	 */
	Mono<Void> begin(SessionConnection connection, String name, boolean readOnly, boolean managed) {
		return Mono.create((sink) -> {
			Begin begin = new Begin(connection, readOnly, managed, sink);
			if (managed) {
				connection.whenAbandoned(begin::cancel);
			}
			Lease lease = Lease.transaction(connection, Flow.of(sink.contextView()), name, begin::granted, sink::error);
			sink.onCancel(() -> {
				this.frames.withdraw(lease);
				begin.cancel();
			});
			this.frames.request(lease);
		});
	}

	R2dbcException inFailedTransaction(Frame frame) {
		Frame around = frame.parent();
		String message = "current transaction is aborted: " + ((around != null) ? around.describe() : "the test's own")
				+ " has failed, and during a test independent work inside it cannot go on before it is rolled back";
		// Whoever swallows it goes on without what production would have kept.
		this.session.problem(frame.describe() + ": " + message);
		return new R2dbcNonTransientResourceException(message, "25P02");
	}

	Mono<Void> commit(Frame frame) {
		return end(frame, Mono.defer(() -> {
			if (this.wire.isFailed()) {
				return rollbackTo(frame).then(Mono.fromRunnable(() -> lost(frame)))
					.then(Mono.error(TrunklineClientAccess::rolledBack));
			}
			return release(frame).doOnError(Wire.ServerException.class, (ex) -> lost(frame))
				.then(Mono.<Void>fromRunnable(frame::committed))
				.onErrorMap(Wire.ServerException.class, Wire.ServerException::asDriverException);
		}));
	}

	Mono<Void> rollback(Frame frame) {
		return end(frame, rollbackTo(frame).then(Mono.fromRunnable(() -> lost(frame))));
	}

	private void lost(Frame frame) {
		lost(frame, frame.independents());
	}

	/**
	 * Fail the test for what production would have kept.
	 */
	void lost(Frame frame, List<String> independents) {
		if (!independents.isEmpty()) {
			this.session.problem("Inside of " + frame.describe() + ", which was rolled back, independent work had been"
					+ " committed: " + String.join(", ", independents) + ". In production it would have been"
					+ " kept; in the one transaction of a test it is gone. Let the test have a database of its own"
					+ " with @DatabasePerTest.");
		}
	}

	/**
	 * End a transaction as soon as it is on top, whether anybody waits for that or not.
	 */
	private Mono<Void> end(Frame frame, Mono<Void> work) {
		return Mono.create((sink) -> {
			if (!frame.endOnce()) {
				sink.success();
				return;
			}
			this.frames.request(Lease.end(frame, (top) -> work.subscribe((nothing) -> {
			}, (ex) -> {
				ended(frame);
				sink.error(ex);
			}, () -> {
				ended(frame);
				sink.success();
			}), (ex) -> {
				frame.owner().transaction(null);
				sink.error(ex);
			}));
		});
	}

	private void ended(Frame frame) {
		frame.owner().transaction(null);
		this.frames.remove(frame);
	}

	/**
	 * Keep what a frame did, for as long as the test runs.
	 * @return the server's error where a deferred constraint fails; what the frame did is
	 * rolled back then
	 */
	Mono<Void> release(Frame frame) {
		boolean topLevel = frame.parent() == null;
		Mono<Void> check = topLevel ? this.deferral.check(this.wire) : Mono.empty();
		return check.onErrorResume(Wire.ServerException.class, (ex) -> rollbackTo(frame).then(Mono.error(ex)))
			.then(Mono.defer(() -> {
				this.session.keptLocks(frame.leftovers().locks());
				String release = frame.isFirst() ? "" : "RELEASE SAVEPOINT " + frame.savepoint();
				return frame.leftovers()
					.undo(this.wire)
					.flatMap(this::undoLeftovers)
					.then(release.isEmpty() ? Mono.<Void>empty() : poisoning(frame, this.wire.run(release)))
					.then(Mono.defer(() -> undoLeftovers(topLevel ? this.deferral.restore() : "")));
			}));
	}

	/**
	 * Undo what a commit would not have left. Where that cannot be done, the test goes on
	 * as it is.
	 */
	private Mono<Void> undoLeftovers(String sql) {
		if (sql.isEmpty()) {
			return Mono.empty();
		}
		return this.wire.run("SAVEPOINT trunkline_undo; " + sql + "; RELEASE SAVEPOINT trunkline_undo")
			.onErrorResume(Wire.ServerException.class, (ex) -> {
				logger.warn("What a commit would have ended stays until the end of the test", ex);
				return this.wire.run("ROLLBACK TO SAVEPOINT trunkline_undo; RELEASE SAVEPOINT trunkline_undo");
			});
	}

	/**
	 * Guard what is sent next by a savepoint. Both go out at once: it cannot fail in a
	 * transaction that is sound. What the test begins with needs none, unless it may end
	 * the transaction, which a missing savepoint would tell.
	 */
	void saveLater(Frame frame, @Nullable String sql) {
		if (this.session.isUnused() && sql != null && StatementText.isOfRows(sql)) {
			frame.beFirst();
			return;
		}
		this.wire.runLater(new OwnStatement(SAVEPOINT, (ex) -> this.session.poison(frame.describe(), ex)));
	}

	/**
	 * Keep what the frame of a statement did without waiting for the server, where there
	 * is nothing that it could object to.
	 * @return whether that could be done
	 */
	boolean releaseLater(Frame frame) {
		if (frame.parent() == null && this.deferral.isNeeded() || !frame.leftovers().isEmpty()) {
			return false;
		}
		this.session.keptLocks(frame.leftovers().locks());
		if (!frame.isFirst()) {
			this.wire.runLater(new OwnStatement(RELEASE, (ex) -> this.session.poison(frame.describe(), ex)));
		}
		return true;
	}

	Mono<Void> rollbackTo(Frame frame) {
		this.deferral.undone();
		String savepoint = frame.savepoint();
		return poisoning(frame, this.wire.run(frame.isFirst() ? this.session.beginAgain()
				: "ROLLBACK TO SAVEPOINT " + savepoint + "; RELEASE SAVEPOINT " + savepoint));
	}

	/**
	 * Undo what the statement of a frame did, before it is sent once more.
	 */
	Mono<Void> undoStatement(Frame frame) {
		return poisoning(frame, this.wire
			.run(frame.isFirst() ? this.session.beginAgain() : "ROLLBACK TO SAVEPOINT " + frame.savepoint()));
	}

	private Mono<Void> poisoning(Frame frame, Mono<Void> work) {
		return work.onErrorResume((ex) -> {
			this.session.poison(frame.describe(), ex);
			return Mono.error(this.session.poisoned());
		});
	}

	/**
	 * Give back what a connection has set for itself.
	 */
	Mono<Void> resetTimeouts(SessionConnection connection) {
		return Mono
			.create((sink) -> this.frames.request(Lease.statement(connection, Flow.of(sink.contextView()), "RESET",
					(frame) -> this.wire.run("RESET lock_timeout; RESET statement_timeout").subscribe((nothing) -> {
					}, (ex) -> {
						this.frames.remove(frame);
						sink.success();
					}, () -> {
						this.frames.remove(frame);
						sink.success();
					}), (ex) -> sink.success())));
	}

	/**
	 * A transaction that begins.
	 */
	private final class Begin {

		private final SessionConnection connection;

		private final boolean readOnly;

		private final boolean managed;

		private final MonoSink<Void> sink;

		private volatile boolean cancelled;

		/** Set before {@link #cancelled} is read, and read after that is set. */
		private volatile @Nullable Frame begun;

		Begin(SessionConnection connection, boolean readOnly, boolean managed, MonoSink<Void> sink) {
			this.connection = connection;
			this.readOnly = readOnly;
			this.managed = managed;
			this.sink = sink;
		}

		void granted(Frame frame) {
			Wire wire = Transactions.this.wire;
			if (this.cancelled || this.connection.isClosed()) {
				Transactions.this.frames.remove(frame);
				this.sink.success();
			}
			else if (wire.isFailed()) {
				Transactions.this.frames.remove(frame);
				this.sink.error(inFailedTransaction(frame));
			}
			else {
				this.connection.transaction(frame);
				wire.run("SAVEPOINT " + frame.savepoint() + (this.readOnly ? "; SET TRANSACTION READ ONLY" : ""))
					.subscribe((nothing) -> {
					}, (ex) -> failed(frame, ex), () -> begun(frame));
			}
		}

		private void failed(Frame frame, Throwable ex) {
			ended(frame);
			Transactions.this.session.poison(frame.describe(), ex);
			this.sink.error(ex);
		}

		private void begun(Frame frame) {
			this.begun = frame;
			if (this.cancelled) {
				undo(frame);
			}
			this.sink.success();
			if (this.managed && isLost()) {
				undo(frame);
			}
		}

		/**
		 * Whether the success has been dropped on its way by a step that was cancelled at
		 * that moment, when it had nothing before it to cancel any more. Who asks for the
		 * transaction has got it otherwise, as all steps are on this thread.
		 */
		private boolean isLost() {
			boolean cancelled = false;
			Iterator<? extends Scannable> steps = Scannable.from(this.sink).actuals().iterator();
			while (steps.hasNext()) {
				Scannable step = steps.next();
				if (step.stepName().equals("usingWhen")) {
					return cancelled && !step.scanOrDefault(Scannable.Attr.TERMINATED, false);
				}
				cancelled |= step.scanOrDefault(Scannable.Attr.CANCELLED, false);
			}
			return false;
		}

		/**
		 * Nobody hears of the success any more, and nobody else ends the transaction.
		 */
		void cancel() {
			this.cancelled = true;
			Frame frame = this.begun;
			if (frame != null) {
				undo(frame);
			}
		}

		private void undo(Frame frame) {
			rollback(frame).subscribe((nothing) -> {
			}, (ex) -> {
			});
		}

	}

}
