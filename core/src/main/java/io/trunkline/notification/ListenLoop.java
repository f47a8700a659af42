package io.trunkline.notification;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.notification.NotificationStatus.State;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.util.retry.Retry;

/**
 * Keeps one connection that listens to what the subscriptions want.
 * <p>
 * All decisions are taken on one thread, one after the other, so there is nothing to
 * lock: what subscribers, the driver and timers have to say is put into its queue. One
 * statement is under way at a time; what changes meanwhile is looked at when it has been
 * answered, and only the difference between what is wanted and what is in force counts.
 * Messages do not pass through it.
 */
final class ListenLoop {

	private static final Log logger = LogFactory.getLog(ListenLoop.class);

	private final ConnectionFactory connectionFactory;

	private final ListenSettings settings;

	private final Delivery delivery;

	private final @Nullable PayloadStore payloads;

	private final LoopThread thread;

	private final ChannelTable table = new ChannelTable();

	private final Set<Mailbox> mailboxes = ConcurrentHashMap.newKeySet();

	private final StatusBoard board = new StatusBoard();

	private final List<MonoSink<Void>> reconnects = new ArrayList<>();

	private final Commands commands;

	private final Outage outage;

	private final String probeChannel = "trunkline_" + UUID.randomUUID();

	private Phase phase = Phase.IDLE;

	private long generation;

	private @Nullable ListenSession session;

	private boolean everListening;

	private boolean verified;

	ListenLoop(ConnectionFactory connectionFactory, ListenSettings settings, Delivery delivery,
			@Nullable PayloadStore payloads) {
		this.connectionFactory = connectionFactory;
		this.settings = settings;
		this.delivery = delivery;
		this.payloads = payloads;
		this.thread = new LoopThread(this::failed);
		this.commands = new Commands(this.thread, settings.answerTimeout(), this::lost);
		this.outage = new Outage(settings.backoff());
	}

	Delivery delivery() {
		return this.delivery;
	}

	@Nullable PayloadStore payloads() {
		return this.payloads;
	}

	/**
	 * What nobody thought of costs the connection, and not the loop.
	 */
	private void failed(RuntimeException ex) {
		logger.error("Listening for notifications failed", ex);
		ListenSession session = this.session;
		if (session != null) {
			lost(session, ex);
		}
		else if (this.phase == Phase.CONNECTING) {
			retry(ex);
		}
	}

	/**
	 * Return how to try again what fails while the database cannot be reached.
	 */
	Retry untilReachable() {
		return Retry.backoff(Long.MAX_VALUE, this.settings.backoff().first())
			.maxBackoff(this.settings.backoff().max())
			.jitter(0.5)
			.filter(Unreachable::isCauseOf);
	}

	void add(Mailbox mailbox) {
		this.thread.execute(() -> {
			if (this.phase == Phase.CLOSED) {
				mailbox.end(null);
			}
			else if (!mailbox.isCancelled()) {
				join(mailbox);
			}
		});
	}

	private void join(Mailbox mailbox) {
		this.mailboxes.add(mailbox);
		mailbox.channels().forEach((name) -> this.table.join(name, mailbox, this.generation));
		if (this.phase == Phase.IDLE) {
			connect();
			return;
		}
		settle(mailbox);
		reconcile();
	}

	void remove(Mailbox mailbox) {
		this.thread.execute(() -> {
			if (this.mailboxes.remove(mailbox)) {
				mailbox.channels().forEach((name) -> this.table.leave(name, mailbox));
				reconcile();
			}
		});
	}

	/**
	 * Open the connection anew.
	 * @return completes when LISTEN is in force on it, or nobody wants to listen any more
	 */
	Mono<Void> reconnect() {
		return Mono.create((sink) -> this.thread.execute(() -> {
			this.reconnects.add(sink);
			ListenSession session = this.session;
			if (session != null) {
				forget(session);
				session.close();
				this.board.stand(State.LOST, null);
			}
			connect();
		}));
	}

	private void reconnected() {
		this.reconnects.forEach(MonoSink::success);
		this.reconnects.clear();
	}

	void close(Runnable then) {
		this.thread.execute(() -> {
			this.phase = Phase.CLOSED;
			reconnected();
			this.board.stand(State.CLOSED, null);
			ListenSession session = this.session;
			use(null);
			if (session != null) {
				session.close();
			}
			endAll(null);
			then.run();
		});
	}

	private void endAll(@Nullable Throwable failure) {
		this.mailboxes.forEach((mailbox) -> {
			mailbox.channels().forEach((name) -> this.table.leave(name, mailbox));
			mailbox.end(failure);
		});
		this.mailboxes.clear();
	}

	private void connect() {
		if (this.phase == Phase.CLOSED) {
			reconnected();
			return;
		}
		if (this.mailboxes.isEmpty()) {
			this.phase = Phase.IDLE;
			this.everListening = false;
			this.board.stand(State.IDLE, null);
			reconnected();
			return;
		}
		this.phase = Phase.CONNECTING;
		if (this.payloads != null) {
			this.payloads.startSweeping();
		}
		if (this.board.state() == State.IDLE) {
			this.board.stand(State.CONNECTING, null);
		}
		long attempt = ++this.generation;
		Mono.defer(() -> Mono.<Connection>from(this.connectionFactory.create()))
			.timeout(this.settings.answerTimeout())
			.subscribe((connection) -> this.thread.execute(() -> connected(attempt, connection)),
					(ex) -> this.thread.execute(() -> failed(attempt, ex)));
	}

	private void connected(long attempt, Connection connection) {
		if (this.phase != Phase.CONNECTING || attempt != this.generation) {
			Mono.from(connection.close()).onErrorComplete().subscribe();
			return;
		}
		ListenSession session = new ListenSession(attempt, PostgresConnections.unwrap(connection));
		use(session);
		this.phase = Phase.OPEN;
		this.verified = !this.settings.verify();
		session.open(this.table,
				new Dispatcher(this.delivery, session.reads(), this.board.received(), this.board.dropped()),
				this.probeChannel, () -> this.thread.execute(() -> verified(session, true)),
				(ex) -> this.thread.execute(() -> lost(session, ex)));
		ChannelTable.Changes changes = this.table.takeChanges(attempt);
		String sql = this.settings.verify() ? changes.sql() + "LISTEN \"" + this.probeChannel + "\"" : changes.sql();
		this.commands.run(session, session.run(sql), () -> {
			listening(session);
			complete(changes);
			reconnected();
		});
	}

	private void use(@Nullable ListenSession session) {
		this.session = session;
		this.commands.use(session);
	}

	private void failed(long attempt, Throwable ex) {
		if (this.phase == Phase.CONNECTING && attempt == this.generation) {
			retry(ex);
		}
	}

	private void retry(Throwable ex) {
		Duration pause = this.outage.failed(ex);
		this.phase = Phase.WAITING;
		this.board.stand(this.everListening ? State.LOST : State.CONNECTING, ex);
		this.thread.schedule(() -> {
			if (this.phase == Phase.WAITING) {
				connect();
			}
		}, pause.toNanos());
	}

	private void listening(ListenSession session) {
		this.outage.ended();
		this.phase = Phase.UP;
		this.board.stand(State.LISTENING, null);
		if (this.everListening) {
			this.board.reconnected();
			logger.info("Listening for notifications again");
		}
		this.everListening = true;
		keepAliveLater(session);
		if (!this.verified) {
			verify(session);
		}
	}

	/**
	 * Bring what is in force to what is wanted.
	 */
	private void reconcile() {
		ListenSession session = this.session;
		if (this.phase != Phase.UP || !this.commands.isIdle() || session == null) {
			return;
		}
		ChannelTable.Changes changes = this.table.takeChanges(session.generation());
		if (!changes.isEmpty()) {
			this.commands.run(session, session.run(changes.sql()), () -> complete(changes));
		}
	}

	private void complete(ChannelTable.Changes changes) {
		this.table.complete(changes).forEach(this::settle);
		reconcile();
	}

	/**
	 * Tell a subscription that it listens, if it does: a loss from now on is one for it.
	 */
	private void settle(Mailbox mailbox) {
		ListenSession session = this.session;
		if (this.phase == Phase.UP && session != null && this.table.isListening(mailbox)) {
			mailbox.listening(session.generation(), System.nanoTime());
			if (this.verified) {
				mailbox.ready();
			}
		}
	}

	private void keepAliveLater(ListenSession session) {
		this.thread.schedule(() -> {
			if (this.session == session) {
				keepAlive(session);
				keepAliveLater(session);
			}
		}, this.settings.keepAlive().toNanos());
	}

	/**
	 * A statement that is under way is looked after already.
	 */
	private void keepAlive(ListenSession session) {
		if (this.commands.isIdle()) {
			this.commands.run(session, session.queueUsage().doOnNext(this.board::queueUsage), this::reconcile);
		}
	}

	private void lost(ListenSession session, Throwable ex) {
		if (this.session != session) {
			return;
		}
		forget(session);
		if (PostgresErrors.isRecoverable(ex)) {
			// Otherwise the driver has closed it, or is about to.
			session.close();
		}
		retry(ex);
	}

	private void forget(ListenSession session) {
		use(null);
		this.table.lose();
		this.mailboxes.forEach((mailbox) -> mailbox.lose(session.generation(), session.lastSign()));
	}

	private void verify(ListenSession session) {
		new DeliveryProbe(this.connectionFactory, this.settings.answerTimeout()).send(this.probeChannel)
			.subscribe((sent) -> this.thread.execute(() -> {
				if (sent) {
					checkLater(session, DeliveryProbe.CHECKS);
				}
				else {
					verified(session, true);
				}
			}));
	}

	/**
	 * The notification was sent. An answer to what is asked after that proves that it
	 * should have been here.
	 */
	private void checkLater(ListenSession session, int checks) {
		this.thread.schedule(() -> {
			if (this.session != session || this.verified) {
				return;
			}
			if (!this.commands.isIdle()) {
				checkLater(session, checks);
			}
			else if (checks == 0) {
				verified(session, false);
			}
			else {
				this.commands.run(session, session.queueUsage(), () -> {
					reconcile();
					checkLater(session, checks - 1);
				});
			}
		}, DeliveryProbe.PAUSE.toNanos());
	}

	private void verified(ListenSession session, boolean arrives) {
		if (this.session != session || this.verified) {
			return;
		}
		if (arrives) {
			this.verified = true;
			this.mailboxes.forEach(this::settle);
			return;
		}
		NotificationDeliveryException failure = new NotificationDeliveryException();
		logger.error(failure.getMessage());
		use(null);
		session.close();
		this.table.lose();
		this.phase = Phase.IDLE;
		// Whoever is told may ask.
		this.board.stand(State.IDLE, failure);
		endAll(failure);
	}

	NotificationStatus status() {
		return this.board.status(this.table, this.mailboxes);
	}

	/**
	 * What the loop waits for.
	 */
	private enum Phase {

		/** A subscriber. */
		IDLE,

		/** A connection. */
		CONNECTING,

		/** LISTEN to be in force on it. */
		OPEN,

		/** Changes. */
		UP,

		/** The time of the next attempt. */
		WAITING,

		/** Nothing any more. */
		CLOSED

	}

}
