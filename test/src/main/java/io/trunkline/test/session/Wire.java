package io.trunkline.test.session;

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
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Query;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

/**
 * The physical connection, and the session's own statements on it. What is sent without
 * waiting for an answer is answered in its order.
 */
final class Wire {

	private final PostgresqlConnection connection;

	private final Client client;

	private final AtomicReference<@Nullable Owed> owed = new AtomicReference<>();

	Wire(PostgresqlConnection connection) {
		this.connection = connection;
		this.client = TrunklineClientAccess.client(connection);
	}

	PostgresqlConnection connection() {
		return this.connection;
	}

	Client client() {
		return this.client;
	}

	boolean isInTransaction() {
		return this.client.getTransactionStatus() != TransactionStatus.IDLE;
	}

	boolean isFailed() {
		return this.client.getTransactionStatus() == TransactionStatus.FAILED;
	}

	/**
	 * Send a statement before the next one, and wait for neither now: nothing that is
	 * seen depends on it until then.
	 * @param sql a statement that succeeds in any transaction that is sound
	 * @param refused what to do where it does not
	 */
	void runLater(String sql, Consumer<Throwable> refused) {
		this.owed.set(new Owed(sql, refused));
	}

	/**
	 * Leave out what is to be sent before the next statement.
	 */
	void forget() {
		this.owed.set(null);
	}

	private void sendOwed() {
		Owed before = this.owed.getAndSet(null);
		if (before != null) {
			send(before.sql()).subscribe((nothing) -> {
			}, before.refused());
		}
	}

	/**
	 * Exchange messages, as the driver's client does.
	 */
	Flux<BackendMessage> exchange(Predicate<BackendMessage> takeUntil, Publisher<FrontendMessage> requests) {
		return Flux.defer(() -> {
			sendOwed();
			return this.client.exchange(takeUntil, requests);
		});
	}

	/**
	 * Run statements for their effect.
	 * @return an error of type {@link ServerException} where the server refuses
	 */
	Mono<Void> run(String sql) {
		return Mono.defer(() -> {
			Owed before = this.owed.getAndSet(null);
			return send((before != null) ? before.sql() + "; " + sql : sql);
		});
	}

	private Mono<Void> send(String sql) {
		return Mono.defer(() -> {
			AtomicReference<@Nullable ErrorResponse> error = new AtomicReference<>();
			return this.client.exchange(Mono.just(new Query(sql)))
				.handle((BackendMessage message, SynchronousSink<Void> sink) -> {
					if (message instanceof ErrorResponse response) {
						error.compareAndSet(null, response);
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

	/**
	 * A statement that goes out before the next one.
	 *
	 * @param sql the statement
	 * @param refused what to do where the server refuses it
	 */
	private record Owed(String sql, Consumer<Throwable> refused) {

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
