package io.trunkline.connection;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.CopyData;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.frontend.Query;
import io.r2dbc.postgresql.util.Operators;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;

/**
 * One {@code COPY … TO STDOUT} as a simple query: CopyOutResponse, CopyData…, CopyDone,
 * CommandComplete, ReadyForQuery (PostgreSQL documentation, "COPY Operations").
 */
final class CopyOut {

	private final ReadGate gate;

	private final String sql;

	private volatile @Nullable ErrorResponse error;

	CopyOut(Client client, String sql) {
		this.gate = new ReadGate(TrunklineClientAccess.channel(client));
		this.sql = sql;
	}

	/**
	 * Emit the payload of each CopyData message, unread and owned by the subscriber.
	 * While none is asked for the socket is not read.
	 */
	Flux<ByteBuf> data(StatementAbort abort) {
		Flux<Row> rows = abort.exchange(Flux.just(new Query(this.sql)))
			.<Row>handle(this::handle)
			.onErrorMap(this::preferServerError)
			// The error waits for ReadyForQuery: raised earlier it would count as a
			// cancellation.
			.concatWith(Flux.defer(this::outcome))
			.doOnNext((row) -> this.gate.passed());
		return Operators.<Row>discardOnCancel(rows, () -> {
			this.gate.open();
			abort.start();
		}).doOnRequest(this.gate::requested).doOnDiscard(Row.class, Row::release).map(Row::data);
	}

	private void handle(BackendMessage message, SynchronousSink<Row> sink) {
		if (message instanceof CopyData copyData) {
			sink.next(new Row(copyData.getData()));
			return;
		}
		if (message instanceof ErrorResponse response) {
			this.error = response;
		}
		ReferenceCountUtil.release(message);
	}

	private Throwable preferServerError(Throwable ex) {
		ErrorResponse response = this.error;
		if (response == null) {
			return ex;
		}
		Throwable serverError = TrunklineClientAccess.exception(response, this.sql);
		serverError.addSuppressed(ex);
		return serverError;
	}

	private Flux<Row> outcome() {
		ErrorResponse response = this.error;
		return (response != null) ? Flux.error(TrunklineClientAccess.exception(response, this.sql)) : Flux.empty();
	}

	/**
	 * A row on its way through operators that may discard it. A type of its own, as
	 * discard hooks add up: one for buffers, installed by whoever consumes them, would
	 * release a row once more.
	 *
	 * @param data the payload
	 */
	private record Row(ByteBuf data) {

		void release() {
			this.data.release();
		}

	}

}
