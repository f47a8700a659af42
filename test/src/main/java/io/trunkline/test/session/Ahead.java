package io.trunkline.test.session;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.CommandComplete;
import io.r2dbc.postgresql.message.backend.DataRow;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Query;
import io.r2dbc.postgresql.message.frontend.Sync;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Statements of the session's own that go out in one write with whatever comes next.
 * Their answers come before that of the next message, and are kept from whoever reads it.
 * <p>
 * They are sent by the extended protocol without a Sync, as the PostgreSQL documentation
 * describes under "Pipelining": the server does not answer before the next message is
 * done, and where one of them fails it skips everything up to a Sync. So nothing ever
 * runs outside of a transaction that one of them begins.
 */
final class Ahead {

	static final Ahead NOTHING = new Ahead(List.of());

	private final List<OwnStatement> statements;

	private final Sinks.Empty<Void> over = Sinks.empty();

	private final Sinks.Empty<Void> skipped = Sinks.empty();

	private boolean sent;

	private boolean needsSync;

	/** Changed and read by the thread that reads the answers. */
	private int answered;

	private int rows;

	private boolean failed;

	private Ahead(List<OwnStatement> statements) {
		this.statements = statements;
	}

	/**
	 * Return these and one more.
	 */
	Ahead and(OwnStatement next) {
		List<OwnStatement> all = new ArrayList<>(this.statements);
		all.add(next);
		return new Ahead(all);
	}

	boolean contains(OwnStatement statement) {
		return this.statements.contains(statement);
	}

	/**
	 * Exchange messages as the driver's client does, with the statements before the first
	 * one.
	 */
	Flux<BackendMessage> exchange(Client client, Predicate<BackendMessage> takeUntil,
			Publisher<FrontendMessage> requests) {
		Flux<FrontendMessage> all = Flux.from(requests)
			.map(this::before)
			.takeUntilOther(this.skipped.asMono())
			.concatWith(Mono.defer(this::sync));
		return client.exchange((message) -> isOver() && takeUntil.test(message), all)
			.filter((message) -> !takes(message));
	}

	private FrontendMessage before(FrontendMessage message) {
		if (this.sent) {
			return message;
		}
		this.sent = true;
		// Whatever else the driver sends is followed by a Sync of its own.
		this.needsSync = message instanceof Query;
		return new Both(this.statements, message);
	}

	/**
	 * The driver does not take the next requests before these have ended.
	 */
	private Mono<FrontendMessage> sync() {
		return this.over.asMono()
			.then(Mono.defer(() -> (this.failed && this.needsSync) ? Mono.just(Sync.INSTANCE) : Mono.empty()));
	}

	private boolean isOver() {
		return this.failed || this.answered == this.statements.size();
	}

	/**
	 * Take what answers the statements. An error is left to whoever is next: it is the
	 * answer of the next message, too.
	 */
	private boolean takes(BackendMessage message) {
		if (isOver()) {
			return false;
		}
		if (message instanceof ErrorResponse response) {
			OwnStatement statement = this.statements.get(this.answered);
			this.failed = true;
			statement.refused().accept(new Wire.ServerException(response, statement.command().sql()));
			if (this.needsSync) {
				this.skipped.tryEmitEmpty();
			}
			this.over.tryEmitEmpty();
			return false;
		}
		if (message instanceof DataRow) {
			this.rows++;
		}
		if (message instanceof CommandComplete) {
			this.statements.get(this.answered++).answered().accept(this.rows);
			this.rows = 0;
			if (isOver()) {
				this.over.tryEmitEmpty();
			}
		}
		ReferenceCountUtil.release(message);
		return true;
	}

	/**
	 * Statements and the message that follows them, sent as one.
	 *
	 * @param statements the statements
	 * @param message what follows them
	 */
	private record Both(List<OwnStatement> statements, FrontendMessage message) implements FrontendMessage {

		@Override
		public Publisher<ByteBuf> encode(ByteBufAllocator allocator) {
			Publisher<ByteBuf> next = this.message.encode(allocator);
			return (next instanceof Mono<ByteBuf> one) ? one.map((message) -> append(allocator, message))
					: Flux.concat(Mono.fromSupplier(() -> write(allocator)), next);
		}

		private ByteBuf append(ByteBufAllocator allocator, ByteBuf message) {
			try {
				return write(allocator).writeBytes(message);
			}
			finally {
				message.release();
			}
		}

		private ByteBuf write(ByteBufAllocator allocator) {
			ByteBuf all = allocator.buffer();
			this.statements.forEach((statement) -> all.writeBytes(statement.command().messages()));
			return all;
		}

	}

}
