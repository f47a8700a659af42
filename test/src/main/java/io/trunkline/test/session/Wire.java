package io.trunkline.test.session;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import io.netty.util.ReferenceCountUtil;
import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.client.TransactionStatus;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.frontend.Query;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

/**
 * The physical connection, and the session's own statements on it.
 */
final class Wire {

	private final PostgresqlConnection connection;

	private final Client client;

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
	 * Run statements for their effect.
	 * @return an error of type {@link ServerException} where the server refuses
	 */
	Mono<Void> run(String sql) {
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
		return Flux.defer(() -> this.connection.createStatement(sql).execute())
			.concatMap((result) -> result.map((row, metadata) -> String.valueOf(row.get(0, String.class))))
			.collect(ArrayList::new, List::add);
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
