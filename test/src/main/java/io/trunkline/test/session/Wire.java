package io.trunkline.test.session;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;

import io.netty.util.ReferenceCountUtil;
import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.client.TransactionStatus;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.DataRow;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Query;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

/**
 * The physical connection, and the sessions' own statements on it. What is sent without
 * waiting for an answer is answered in its order.
 */
final class Wire {

	private final ConnectionFactory connectionFactory;

	private final Connection physical;

	private final PostgresqlConnection connection;

	private final Client client;

	private final AtomicReference<@Nullable Ahead> owed = new AtomicReference<>();

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

	boolean isInTransaction() {
		return this.client.getTransactionStatus() != TransactionStatus.IDLE;
	}

	boolean isFailed() {
		return this.client.getTransactionStatus() == TransactionStatus.FAILED;
	}

	/**
	 * Send a statement together with the next one, and wait for neither now: nothing that
	 * is seen depends on it until then.
	 * @param sql a statement that succeeds in any transaction that is sound
	 * @param refused what to do where it does not
	 */
	void runLater(String sql, Consumer<Throwable> refused) {
		Ahead later = new Ahead(sql, refused);
		this.owed.updateAndGet((before) -> (before != null) ? before.and(later) : later);
	}

	/**
	 * Leave out what is to be sent before the next statement.
	 */
	void forget() {
		this.owed.set(null);
	}

	private void sendOwed() {
		Ahead before = this.owed.getAndSet(null);
		if (before != null) {
			send(before.sql(), () -> {
			}).subscribe((nothing) -> {
			}, before.refused());
		}
	}

	/**
	 * Exchange messages, as the driver's client does.
	 */
	Flux<BackendMessage> exchange(Predicate<BackendMessage> takeUntil, Publisher<FrontendMessage> requests) {
		return Flux.defer(() -> {
			Ahead before = this.owed.getAndSet(null);
			return (before != null) ? before.exchange(this.client, takeUntil, requests)
					: this.client.exchange(takeUntil, requests);
		});
	}

	/**
	 * Run statements for their effect.
	 * @return an error of type {@link ServerException} where the server refuses
	 */
	Mono<Void> run(String sql) {
		return run(sql, () -> {
		});
	}

	/**
	 * Run statements, and tell of rows.
	 * @param row what to do for each row that one of them gives
	 * @return an error of type {@link ServerException} where the server refuses
	 */
	Mono<Void> run(String sql, Runnable row) {
		return Mono.defer(() -> {
			Ahead before = this.owed.getAndSet(null);
			return send((before != null) ? before.sql() + "; " + sql : sql, row);
		});
	}

	private Mono<Void> send(String sql, Runnable row) {
		return Mono.defer(() -> {
			AtomicReference<@Nullable ErrorResponse> error = new AtomicReference<>();
			return this.client.exchange(Mono.just(new Query(sql)))
				.handle((BackendMessage message, SynchronousSink<Void> sink) -> {
					if (message instanceof ErrorResponse response) {
						error.compareAndSet(null, response);
					}
					if (message instanceof DataRow) {
						row.run();
					}
					ReferenceCountUtil.release(message);
				})
				.then(Mono.defer(() -> {
					ErrorResponse response = error.get();
					return (response != null) ? Mono.<Void>error(new ServerException(response, sql)) : Mono.empty();
				}));
		});
	}

	/**
	 * Read the first column of a query.
	 */
	Mono<List<String>> strings(String sql) {
		return Flux.defer(() -> {
			sendOwed();
			return this.connection.createStatement(sql).execute();
		})
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
