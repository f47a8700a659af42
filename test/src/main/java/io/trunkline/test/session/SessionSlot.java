package io.trunkline.test.session;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.trunkline.test.session.TestSession.PassedOn;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Where the connections of a factory lead: to the session of the running test, to the
 * database that a test has for itself, or to where they always did.
 */
public final class SessionSlot implements ConnectionFactory {

	private static final Duration LONGEST_OPENING = Duration.ofSeconds(60);

	private static final Log logger = LogFactory.getLog(SessionSlot.class);

	private final ConnectionFactory target;

	private final AtomicBoolean warned = new AtomicBoolean(true);

	private final Set<String> others = ConcurrentHashMap.newKeySet();

	private final AtomicReference<@Nullable KeptConnection> kept = new AtomicReference<>();

	private volatile @Nullable CompletableFuture<TestSession> session;

	private volatile @Nullable Thread owner;

	private volatile @Nullable ConnectionFactory other;

	public SessionSlot(ConnectionFactory target) {
		this.target = target;
	}

	/**
	 * Return the factory that the slot stands before.
	 */
	public ConnectionFactory target() {
		return this.target;
	}

	@Override
	public Publisher<? extends Connection> create() {
		return create(this.target);
	}

	/**
	 * Make a connection.
	 * @param real the factory to ask where no test is running
	 * @return the connection
	 */
	public Mono<Connection> create(ConnectionFactory real) {
		return Mono.defer(() -> {
			CompletableFuture<TestSession> current = this.session;
			if (current != null) {
				Iterator<String> names = this.others.iterator();
				if (names.hasNext() && Thread.currentThread() != this.owner) {
					return Mono.error(ambiguous(names.next()));
				}
				return opened(current).flatMap(TestSession::connect)
					.onErrorResume(PassedOn.class, (ex) -> Mono.from(reached(real).create()));
			}
			if (this.warned.compareAndSet(false, true)) {
				logger.warn("A connection is asked for outside of the tests of a class that are rolled back, in "
						+ new CallSite() + ". It gets a real one: what it does stays in the database.");
			}
			return giveBack().then(Mono.from(reached(real).create()));
		});
	}

	private ConnectionFactory reached(ConnectionFactory real) {
		ConnectionFactory swapped = this.other;
		return (swapped != null) ? swapped : real;
	}

	/**
	 * A test's own thread waits by itself: the lines that lead here are on its stack, and
	 * not on that of the thread that opens the session. Whoever leaves meanwhile leaves
	 * the session to others.
	 */
	private static Mono<TestSession> opened(CompletableFuture<TestSession> session) {
		if (!session.isDone() && !Schedulers.isInNonBlockingThread()) {
			Mono.fromFuture(session, true).onErrorComplete().block(LONGEST_OPENING);
		}
		return Mono.fromFuture(session, true);
	}

	private static Mono<TestSession> ownSession(CompletableFuture<TestSession> session) {
		return opened(session).onErrorComplete(PassedOn.class);
	}

	private static R2dbcException ambiguous(String test) {
		return new R2dbcNonTransientResourceException("A connection is asked for while two tests of one context run,"
				+ " one in a transaction that is rolled back and " + test + " without: which of them it is for, nobody"
				+ " can tell. Give the latter a @ResourceLock(\"io.trunkline.test\")");
	}

	@Override
	public ConnectionFactoryMetadata getMetadata() {
		return this.target.getMetadata();
	}

	/**
	 * Open a session, and lead to it from now on. Who asks for a connection first waits
	 * for the server, and gets the error where that cannot be reached.
	 * @param options how the session behaves
	 * @throws IllegalStateException if another test's session is there
	 */
	public synchronized void enter(SessionOptions options) {
		if (this.session != null) {
			throw new IllegalStateException("Another test is running in a transaction on the same connection factory."
					+ " Tests with @RollbackPerTest take turns; keep them from running in parallel with a @ResourceLock"
					+ " of \"io.trunkline.test\"");
		}
		this.owner = Thread.currentThread();
		KeptConnection before = this.kept.getAndSet(null);
		this.session = ((before != null) ? before.next(current(), options) : TestSession.open(current(), options))
			.toFuture();
	}

	/**
	 * End the session, to which the slot leads still.
	 * @param commit whether to keep what the test did
	 * @return an error of type {@link TestSessionException} where something was left open
	 * or is not as it would be in production
	 */
	public Mono<Void> end(boolean commit) {
		return Mono.defer(() -> {
			CompletableFuture<TestSession> current = this.session;
			return (current != null) ? ownSession(current).flatMap((session) -> session.end(commit)) : Mono.empty();
		});
	}

	/**
	 * End the session by a rollback that is not waited for, and keep its connection for
	 * the next one. Whoever asks the slot for a connection meanwhile, or has it
	 * {@linkplain #giveBack() given back}, comes after the rollback.
	 * @return an error of type {@link TestSessionException} where something was left open
	 * or is not as it would be in production
	 */
	public Mono<Void> endAndKeep() {
		return Mono.defer(() -> {
			CompletableFuture<TestSession> current = this.session;
			return (current != null) ? ownSession(current).flatMap((session) -> session.end(this.kept::set))
					: Mono.empty();
		});
	}

	/**
	 * Give back the connection that is kept for the next session, if there is one.
	 * @return completes when its last session has been rolled back
	 */
	public Mono<Void> giveBack() {
		return Mono.defer(() -> {
			KeptConnection before = this.kept.get();
			return (before != null) ? before.close().doFinally((signal) -> this.kept.compareAndSet(before, null))
					: Mono.empty();
		});
	}

	/**
	 * Lead back to where connections came from before the session.
	 */
	public synchronized void leave() {
		this.session = null;
		this.owner = null;
	}

	/**
	 * Take note of a test that begins and has no session.
	 * @param test its name
	 */
	public void beginOther(String test) {
		this.others.add(test);
	}

	/**
	 * Take note of its end.
	 * @param test its name
	 */
	public void endOther(String test) {
		this.others.remove(test);
	}

	/**
	 * Return whether a test has a session here.
	 */
	public boolean isOccupied() {
		return this.session != null;
	}

	/**
	 * Return the statements of the running test.
	 */
	public List<StatementLog.Entry> statements() {
		CompletableFuture<TestSession> current = this.session;
		return (current != null && current.isDone() && !current.isCompletedExceptionally())
				? current.join().log().entries() : List.of();
	}

	/**
	 * Warn once of whoever asks for a connection before the next test.
	 */
	public void betweenTests(boolean between) {
		this.warned.set(!between);
	}

	/**
	 * Return the factory that the slot was led to, or {@code null} where it leads to its
	 * own.
	 */
	public @Nullable ConnectionFactory swapped() {
		return this.other;
	}

	/**
	 * Return the factory that real connections come from now.
	 */
	public ConnectionFactory current() {
		return reached(this.target);
	}

	/**
	 * Lead to another database, or back.
	 * @param factory its connection factory, {@code null} for the original one
	 */
	public void swap(@Nullable ConnectionFactory factory) {
		this.other = factory;
	}

}
