package io.trunkline.test.session;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

import io.netty.util.ReferenceCountUtil;
import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.client.TransactionStatus;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.backend.ReadyForQuery;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Query;
import io.r2dbc.postgresql.message.frontend.Sync;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.test.session.OwnStatement.Command;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The physical connection, and the sessions' own statements on it. What is sent without
 * waiting for an answer is answered in its order.
 */
final class Wire {

	private static final String TIMEOUTS = """
			SELECT name FROM pg_catalog.unnest(ARRAY['idle_in_transaction_session_timeout', 'transaction_timeout']) name
			WHERE coalesce(pg_catalog.current_setting(name, true), '0') <> '0'""";

	private final ConnectionFactory connectionFactory;

	private final Connection physical;

	private final PostgresqlConnection connection;

	private final Client client;

	private final AtomicReference<Ahead> ahead = new AtomicReference<>(Ahead.NOTHING);

	private final SentSql sentSql;

	private volatile List<Command> withoutTimeouts = List.of();

	private volatile @Nullable LockWatch lockWatch;

	/**
	 * Put a connection to use.
	 * @param connectionFactory where it comes from, which may be a pool
	 * @param physical the connection
	 */
	Wire(ConnectionFactory connectionFactory, Connection physical) {
		this.connectionFactory = connectionFactory;
		this.physical = physical;
		this.connection = PostgresConnections.unwrap(physical);
		this.client = TrunklineClientAccess.client(this.connection);
		this.sentSql = new SentSql(this.client);
	}

	/**
	 * See whether the server is there, and what of its settings would end a transaction
	 * that lasts as long as a test.
	 */
	Mono<Void> look() {
		return strings(TIMEOUTS)
			.doOnNext((names) -> this.withoutTimeouts = names.stream()
				.map((name) -> new Command("SET LOCAL " + name + " = 0"))
				.toList())
			.then();
	}

	/**
	 * Return what is to follow the begin of a transaction.
	 */
	List<Command> withoutTimeouts() {
		return this.withoutTimeouts;
	}

	/**
	 * Return where the connection comes from.
	 */
	ConnectionFactory connectionFactory() {
		return this.connectionFactory;
	}

	PostgresqlConnection connection() {
		return this.connection;
	}

	Client client() {
		return this.client;
	}

	SentSql sentSql() {
		return this.sentSql;
	}

	/**
	 * End waits for locks that last for longer, and tell a session of them.
	 */
	void watchLocks(Duration longest, TestSession session) {
		if (this.lockWatch == null) {
			this.client.getProcessId()
				.ifPresent((pid) -> this.lockWatch = new LockWatch(this.connectionFactory, pid, longest));
		}
		tellOfLocks(session);
	}

	/**
	 * Tell another session, or none.
	 */
	void tellOfLocks(@Nullable TestSession session) {
		LockWatch watch = this.lockWatch;
		if (watch != null) {
			watch.session(session);
		}
	}

	/**
	 * Part with the connection.
	 */
	Mono<Void> giveBack() {
		return Mono.defer(() -> {
			LockWatch watch = this.lockWatch;
			if (watch != null) {
				watch.dispose();
			}
			return Mono.from(this.physical.close());
		});
	}

	/**
	 * Break the connection off, so that the server ends whatever runs on it.
	 */
	Mono<Void> breakOff() {
		return this.connection.close().onErrorComplete();
	}

	boolean isConnected() {
		return this.client.isConnected();
	}

	/**
	 * Whether the server has not closed it until now, {@code false} where only an answer
	 * would tell.
	 */
	boolean isSurelyConnected() {
		return TcpState.isEstablished(TrunklineClientAccess.channel(this.client));
	}

	boolean isInTransaction() {
		return this.client.getTransactionStatus() != TransactionStatus.IDLE;
	}

	/**
	 * Whether the server refuses everything but a rollback.
	 */
	boolean isFailed() {
		return this.client.getTransactionStatus() == TransactionStatus.FAILED;
	}

	/**
	 * Send a statement together with the next one, and wait for neither now: nothing that
	 * is seen depends on it until then.
	 */
	void runLater(OwnStatement statement) {
		this.ahead.updateAndGet((before) -> before.and(statement));
	}

	/**
	 * Whether a statement is to be sent before the next one.
	 */
	boolean isUnsent(OwnStatement statement) {
		return this.ahead.getAcquire().contains(statement);
	}

	/**
	 * Leave out what is to be sent before the next statement.
	 * @return whether a certain one was among that
	 */
	boolean forget(OwnStatement statement) {
		return this.ahead.getAndSet(Ahead.NOTHING).contains(statement);
	}

	/**
	 * Exchange messages, as the driver's client does.
	 */
	Flux<BackendMessage> exchange(Predicate<BackendMessage> takeUntil, Publisher<FrontendMessage> requests) {
		return Flux.defer(() -> {
			Ahead before = this.ahead.getAndSet(Ahead.NOTHING);
			return (before == Ahead.NOTHING) ? this.client.exchange(takeUntil, requests)
					: before.exchange(this.client, takeUntil, requests);
		});
	}

	/**
	 * Run statements for their effect.
	 * @return an error of type {@link ServerException} where the server refuses
	 */
	Mono<Void> run(String sql) {
		return run(new Query(sql), sql);
	}

	/**
	 * Send what was to go together with the next statement.
	 */
	private Mono<Void> sendAhead() {
		return Mono.defer(() -> (this.ahead.getAcquire() == Ahead.NOTHING) ? Mono.empty() : run(Sync.INSTANCE, "Sync"));
	}

	private Mono<Void> run(FrontendMessage message, String sql) {
		return Mono.defer(() -> {
			AtomicReference<@Nullable ErrorResponse> error = new AtomicReference<>();
			return exchange(ReadyForQuery.class::isInstance, Mono.just(message)).doOnNext((answer) -> {
				if (answer instanceof ErrorResponse response) {
					error.compareAndSet(null, response);
				}
				ReferenceCountUtil.release(answer);
			}).then(Mono.defer(() -> {
				ErrorResponse response = error.get();
				return (response != null) ? Mono.<Void>error(new ServerException(response, sql)) : Mono.empty();
			}));
		});
	}

	/**
	 * Read the first column of a query.
	 */
	Mono<List<String>> strings(String sql) {
		return sendAhead().thenMany(Flux.defer(() -> this.connection.createStatement(sql).execute()))
			.concatMap((result) -> result.map((row, metadata) -> String.valueOf(row.get(0, String.class))))
			.collect(ArrayList::new, List::add);
	}

	@Override
	public String toString() {
		return this.physical.toString();
	}

	/**
	 * An error that the server answered one of the session's own statements with.
	 */
	static final class ServerException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		private final transient ErrorResponse response;

		private final String sql;

		ServerException(ErrorResponse response, String sql) {
			super(sql + ": " + TrunklineClientAccess.exception(response, sql).getMessage());
			this.response = response;
			this.sql = sql;
		}

		ErrorResponse response() {
			return this.response;
		}

		RuntimeException asDriverException() {
			return TrunklineClientAccess.exception(this.response, this.sql);
		}

	}

}
