package io.trunkline.connection;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import io.r2dbc.postgresql.TrunklineClientAccess;
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

	private final String sql;

	private volatile @Nullable ErrorResponse error;

	CopyOut(String sql) {
		this.sql = sql;
	}

	/**
	 * Emit the payload of each CopyData message, unread and owned by the subscriber. The
	 * driver holds up to 256 messages that were not asked for, then stops reading the
	 * socket.
	 */
	Flux<ByteBuf> data(CopyAbort abort) {
		Flux<ByteBuf> data = abort.exchange(Flux.just(new Query(this.sql)))
			.<ByteBuf>handle(this::handle)
			.onErrorMap(this::preferServerError)
			// The error waits for ReadyForQuery: raised earlier it would count as a
			// cancellation.
			.concatWith(Flux.defer(this::outcome));
		return Operators.<ByteBuf>discardOnCancel(data, abort::start)
			.doOnDiscard(ReferenceCounted.class, ReferenceCountUtil::release);
	}

	private void handle(BackendMessage message, SynchronousSink<ByteBuf> sink) {
		if (message instanceof CopyData copyData) {
			sink.next(copyData.getData());
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

	private Flux<ByteBuf> outcome() {
		ErrorResponse response = this.error;
		return (response != null) ? Flux.error(TrunklineClientAccess.exception(response, this.sql)) : Flux.empty();
	}

}
