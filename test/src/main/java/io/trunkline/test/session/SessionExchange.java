package io.trunkline.test.session;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

import io.netty.util.ReferenceCountUtil;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.CommandComplete;
import io.r2dbc.postgresql.message.backend.CopyInResponse;
import io.r2dbc.postgresql.message.backend.CopyOutResponse;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Query;
import io.r2dbc.postgresql.message.frontend.Sync;
import io.r2dbc.spi.R2dbcException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.context.ContextView;

/**
 * One exchange of messages with the server: a statement, a batch or a COPY. It waits for
 * its lease, runs in a savepoint where its connection has no transaction, and holds the
 * wire until the server is done, whether anybody reads the answer or not. What is not
 * read yet is buffered without bound: an answer that waited for its reader would keep the
 * wire from the statements that the reader runs meanwhile.
 */
final class SessionExchange implements CoreSubscriber<BackendMessage> {

	private final TestSession session;

	private final SessionConnection connection;

	private final @Nullable String knownSql;

	private final DriverRequests requests;

	private final Sinks.Many<Reply> replies = Sinks.unsafe().many().unicast().onBackpressureBuffer();

	/**
	 * The end of the answer, which is told when the savepoint has been released.
	 */
	private final List<BackendMessage> held = new ArrayList<>();

	private final Sinks.Empty<Void> over = Sinks.empty();

	private final PendingCancels cancels = new PendingCancels();

	private @Nullable R2dbcException refusal;

	private @Nullable Lease lease;

	private @Nullable Frame frame;

	private volatile boolean abandoned;

	private volatile boolean sent;

	private boolean holds;

	private boolean touchedSavepoints;

	private boolean copiesOut;

	private volatile boolean copiesIn;

	private @Nullable String sql;

	private @Nullable String errorCode;

	private long start;

	private int place;

	SessionExchange(TestSession session, SessionConnection connection, @Nullable String sql,
			Predicate<BackendMessage> takeUntil, Publisher<FrontendMessage> requests) {
		this.session = session;
		this.connection = connection;
		this.knownSql = sql;
		this.sql = sql;
		this.requests = new DriverRequests(takeUntil, requests);
	}

	/**
	 * Ask for the lease, and return the server's answer.
	 */
	Flux<BackendMessage> start(ContextView context) {
		Lease lease = Lease.statement(this.connection, Flow.of(context), this.knownSql, this::granted, this::refused);
		this.lease = lease;
		this.session.frames().request(lease);
		return this.replies.asFlux()
			.doOnDiscard(Reply.class, Reply::release)
			.doOnCancel(this::abandon)
			.map(Reply::message);
	}

	SessionConnection connection() {
		return this.connection;
	}

	PendingCancels cancels() {
		return this.cancels;
	}

	/**
	 * Whether the server reads rows, and nothing else that it is sent.
	 */
	boolean copiesIn() {
		return this.copiesIn;
	}

	/**
	 * Complete when its savepoint has come to its end, too, and its subscriber knows.
	 */
	Mono<Void> whenOver() {
		return this.over.asMono();
	}

	private void abandon() {
		this.abandoned = true;
		this.requests.abandon();
		Lease lease = this.lease;
		if (!this.sent && lease != null && this.session.frames().withdraw(lease)) {
			this.requests.discard();
		}
	}

	private void refused(Throwable ex) {
		this.requests.discard();
		this.replies.tryEmitError(ex);
	}

	private void granted(Frame frame) {
		this.frame = frame;
		String sql = this.knownSql;
		Frame scope = (frame.savepoint() != null) ? frame : frame.parent();
		if (this.abandoned) {
			this.requests.discard();
			this.session.frames().remove(frame);
		}
		else if (sql != null && scope != null && Leftovers.concern(sql)) {
			this.sent = true;
			scope.leftovers().remember(sql, this.session.wire()).subscribe((nothing) -> {
			}, (ex) -> send(frame), () -> send(frame));
		}
		else {
			this.sent = true;
			send(frame);
		}
	}

	private void send(Frame frame) {
		this.session.running(this);
		this.start = System.nanoTime();
		this.place = this.session.log().begin(this.sql);
		if (frame.savepoint() == null) {
			exchange();
			return;
		}
		if (this.session.wire().isFailed()) {
			// The server would refuse the savepoint.
			this.requests.discard();
			end(this.session.transactions().inFailedTransaction(frame));
			return;
		}
		this.session.transactions().saveLater(frame, this.knownSql);
		exchange();
	}

	private void exchange() {
		this.session.wire().exchange(this.requests::isLast, this.requests.messages(this::sending)).subscribe(this);
	}

	/**
	 * Prepare once more, and run again what the first error has undone.
	 */
	private void again(PreparedQuery query) {
		this.errorCode = null;
		this.session.wire().sentSql().of(query.message());
		Frame frame = this.frame;
		Mono<Void> undone = (frame != null && frame.savepoint() != null)
				? this.session.transactions().undoStatement(frame) : Mono.empty();
		undone.subscribe((nothing) -> {
		}, this::onError, () -> this.session.wire().exchange(this.requests::isLast, query.messages()).subscribe(this));
	}

	private FrontendMessage sending(FrontendMessage message) {
		if (this.sql == null) {
			String sql = this.session.wire().sentSql().of(message);
			this.sql = sql;
			if (sql != null && this.lease != null) {
				this.lease.sql(sql);
			}
		}
		else {
			this.session.wire().sentSql().of(message);
		}
		this.holds = this.holds || this.requests.isQuery() || SentSql.endsByItself(message);
		return isRefused(message) ? Sync.INSTANCE : message;
	}

	/**
	 * A statement of a connection that was unwrapped has not been looked at before. In
	 * its place the server is asked for nothing but its answer's end.
	 */
	private boolean isRefused(FrontendMessage message) {
		String sql = this.sql;
		if (this.knownSql == null && sql != null && message instanceof Query) {
			try {
				this.session.check(sql);
			}
			catch (R2dbcException ex) {
				this.refusal = ex;
				return true;
			}
		}
		return false;
	}

	@Override
	public void onSubscribe(Subscription subscription) {
		subscription.request(Long.MAX_VALUE);
	}

	@Override
	public void onNext(BackendMessage message) {
		this.copiesOut |= message instanceof CopyOutResponse;
		this.copiesIn |= message instanceof CopyInResponse;
		if (message instanceof CommandComplete complete) {
			completed(complete);
		}
		if (message instanceof ErrorResponse response) {
			this.errorCode = ServerErrors.code(response);
			message = ServerErrors.withHint(response);
		}
		boolean again = message instanceof ErrorResponse response && this.requests.isAnswered(response);
		boolean last = message instanceof CommandComplete || message instanceof ErrorResponse && !again;
		flushHeld();
		if (last && this.holds) {
			this.held.add(message);
		}
		else {
			emit(message);
		}
		this.requests.goOn(message);
	}

	private void completed(CommandComplete complete) {
		Frame frame = this.frame;
		String command = complete.getCommand();
		if (frame != null && !this.copiesOut && ServerErrors.isWrite(complete, this.sql)) {
			frame.written();
			Frame around = frame.parent();
			if (frame.savepoint() == null && around != null) {
				around.written();
			}
		}
		if (command.equals("COMMIT") || command.equals("BEGIN") || command.equals("PREPARE TRANSACTION")) {
			this.session.poison(describe(), null);
		}
		if (frame != null && frame.savepoint() == null && frame.parent() != null && this.sql != null) {
			savepoint(frame.parent(), command, this.sql);
		}
		// A ROLLBACK AND CHAIN shows itself by nothing else.
		this.touchedSavepoints |= command.equals("ROLLBACK") || command.equals("RELEASE");
	}

	private void savepoint(Frame transaction, String command, String sql) {
		String name = StatementText.lastWord(sql);
		if (command.equals("SAVEPOINT")) {
			transaction.marked(name);
		}
		else if (command.equals("ROLLBACK")) {
			this.session.transactions().lost(transaction, transaction.returnedTo(name));
		}
	}

	private void emit(BackendMessage message) {
		Reply reply = new Reply(message);
		if (this.replies.tryEmitNext(reply).isFailure()) {
			reply.release();
		}
	}

	private void flushHeld() {
		if (!this.held.isEmpty()) {
			this.held.forEach(this::emit);
			this.held.clear();
		}
	}

	@Override
	public void onError(Throwable ex) {
		this.requests.end();
		this.session.poison(describe(), ex);
		end(ex);
	}

	@Override
	public void onComplete() {
		if (!this.requests.comesAgain(this::again, this::complete)) {
			complete();
		}
	}

	private void complete() {
		this.requests.end();
		this.cancels.close(this::finish);
	}

	private void finish() {
		String sql = this.sql;
		if (sql != null) {
			this.session.transactions().deferral().sent(sql);
		}
		if (!this.session.wire().isInTransaction()) {
			this.session.poison(describe(), null);
		}
		Frame frame = this.frame;
		if (this.session.isPoisoned()) {
			this.held.clear();
			end(this.session.poisoned());
			return;
		}
		if (frame == null || frame.savepoint() == null) {
			end(this.refusal);
			return;
		}
		if (this.errorCode == null && !this.touchedSavepoints && this.session.transactions().releaseLater(frame)) {
			end(this.refusal);
			return;
		}
		Mono<Void> end = (this.errorCode != null) ? this.session.transactions().rollbackTo(frame)
				: this.session.transactions().release(frame);
		end.subscribe((nothing) -> {
		}, this::endFailed, () -> end(this.refusal));
	}

	private void endFailed(Throwable ex) {
		if (ex instanceof Wire.ServerException server) {
			this.errorCode = ServerErrors.code(server.response());
			// In place of the success, as the server answers when a deferred constraint
			// fails at the end of a statement.
			this.held.clear();
			emit(server.response());
			end(null);
		}
		else {
			end(ex);
		}
	}

	private void end(@Nullable Throwable ex) {
		this.session.running(null);
		this.session.log().end(this.place, this.sql, System.nanoTime() - this.start, this.errorCode);
		Frame frame = this.frame;
		if (frame != null) {
			if (this.errorCode == null && ex == null && frame.savepoint() != null) {
				frame.committed();
			}
			this.session.frames().remove(frame);
		}
		flushHeld();
		if (ex != null) {
			this.replies.tryEmitError(ex);
		}
		else {
			this.replies.tryEmitComplete();
		}
		this.over.tryEmitEmpty();
	}

	private String describe() {
		Lease lease = this.lease;
		return (lease != null) ? lease.describe() : "a statement";
	}

	/**
	 * A message on its way through a queue that may discard it. A type of its own, as
	 * discard hooks add up: the driver's would release a message once more.
	 *
	 * @param message the message
	 */
	private record Reply(BackendMessage message) {

		void release() {
			ReferenceCountUtil.release(this.message);
		}

	}

}
