package io.trunkline.test.session;

import java.util.function.Consumer;
import java.util.function.Predicate;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.backend.ReadyForQuery;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Query;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * Statements of the session's own that go out in one write with whatever comes next.
 * Their answer comes first, and is kept from whoever reads that of the next one.
 */
final class Ahead {

	private final String sql;

	private final Consumer<Throwable> refused;

	private boolean sent;

	/** Read where the next message is looked at, on the thread that has set it. */
	private boolean answered;

	private @Nullable ErrorResponse error;

	/**
	 * Prepare statements.
	 * @param sql statements that succeed in any transaction that is sound
	 * @param refused what to do where one does not
	 */
	Ahead(String sql, Consumer<Throwable> refused) {
		this.sql = sql;
		this.refused = refused;
	}

	String sql() {
		return this.sql;
	}

	Consumer<Throwable> refused() {
		return this.refused;
	}

	/**
	 * Return both one after the other.
	 */
	Ahead and(Ahead next) {
		return new Ahead(this.sql + "; " + next.sql, this.refused.andThen(next.refused));
	}

	/**
	 * Exchange messages as the driver's client does, with the statements before the first
	 * one.
	 */
	Flux<BackendMessage> exchange(Client client, Predicate<BackendMessage> takeUntil,
			Publisher<FrontendMessage> requests) {
		return client
			.exchange((message) -> this.answered && takeUntil.test(message), Flux.from(requests).map(this::before))
			.filter((message) -> !isOwn(message));
	}

	private FrontendMessage before(FrontendMessage message) {
		if (this.sent) {
			return message;
		}
		this.sent = true;
		return new Both(this.sql, message);
	}

	private boolean isOwn(BackendMessage message) {
		if (this.answered) {
			return false;
		}
		if (message instanceof ErrorResponse response) {
			this.error = response;
		}
		if (message instanceof ReadyForQuery) {
			this.answered = true;
			ErrorResponse response = this.error;
			if (response != null) {
				this.refused.accept(new Wire.ServerException(response, this.sql));
			}
		}
		ReferenceCountUtil.release(message);
		return true;
	}

	/**
	 * Two messages that are sent as one.
	 *
	 * @param sql the statements
	 * @param message what follows them
	 */
	private record Both(String sql, FrontendMessage message) implements FrontendMessage {

		@Override
		public Publisher<ByteBuf> encode(ByteBufAllocator allocator) {
			return Flux.concat(new Query(this.sql).encode(allocator), this.message.encode(allocator));
		}

	}

}
