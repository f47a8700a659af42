package io.trunkline.test.session;

import java.util.Optional;
import java.util.TimeZone;
import java.util.function.Consumer;
import java.util.function.Predicate;

import io.netty.buffer.ByteBufAllocator;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.client.ConnectionContext;
import io.r2dbc.postgresql.client.TransactionStatus;
import io.r2dbc.postgresql.client.Version;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.NotificationResponse;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The protocol client of a connection that shares the physical one: whatever the driver,
 * or a feature that talks the protocol itself, exchanges over it takes a lease.
 */
final class SessionClient implements Client {

	private final TestSession session;

	private final SessionConnection connection;

	private final @Nullable String sql;

	SessionClient(TestSession session, SessionConnection connection, @Nullable String sql) {
		this.session = session;
		this.connection = connection;
		this.sql = sql;
	}

	private Client physical() {
		return this.session.wire().client();
	}

	@Override
	public Flux<BackendMessage> exchange(Predicate<BackendMessage> takeUntil, Publisher<FrontendMessage> requests) {
		return Flux.deferContextual((context) -> {
			this.connection.requireOpen();
			return new SessionExchange(this.session, this.connection, this.sql, takeUntil, requests).start(context);
		});
	}

	/**
	 * Closing a connection leaves the physical one open.
	 */
	@Override
	public Mono<Void> close() {
		return Mono.empty();
	}

	@Override
	public void send(FrontendMessage message) {
		throw new UnsupportedOperationException("Messages without an answer cannot be sent in a test's transaction");
	}

	@Override
	public Mono<Void> cancelRequest() {
		return this.session.cancelStatement(this.connection);
	}

	@Override
	public TransactionStatus getTransactionStatus() {
		if (this.connection.transaction() == null) {
			return TransactionStatus.IDLE;
		}
		return this.session.wire().isFailed() ? TransactionStatus.FAILED : TransactionStatus.OPEN;
	}

	@Override
	public boolean isConnected() {
		return this.connection.isOpen() && physical().isConnected();
	}

	@Override
	public Disposable addNotificationListener(Consumer<NotificationResponse> consumer) {
		return physical().addNotificationListener(consumer);
	}

	@Override
	public void addNotificationListener(Subscriber<NotificationResponse> consumer) {
		physical().addNotificationListener(consumer);
	}

	@Override
	public ByteBufAllocator getByteBufAllocator() {
		return physical().getByteBufAllocator();
	}

	@Override
	public ConnectionContext getContext() {
		return physical().getContext();
	}

	@Override
	public Optional<Integer> getProcessId() {
		return physical().getProcessId();
	}

	@Override
	public Scheduler getScheduler() {
		return physical().getScheduler();
	}

	@Override
	public Optional<Integer> getSecretKey() {
		return physical().getSecretKey();
	}

	@Override
	public Optional<TimeZone> getTimeZone() {
		return physical().getTimeZone();
	}

	@Override
	public Version getVersion() {
		return physical().getVersion();
	}

}
