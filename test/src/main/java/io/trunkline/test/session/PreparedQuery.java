package io.trunkline.test.session;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.CommandComplete;
import io.r2dbc.postgresql.message.backend.EmptyQueryResponse;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.backend.PortalSuspended;
import io.r2dbc.postgresql.message.frontend.Close;
import io.r2dbc.postgresql.message.frontend.CompositeFrontendMessage;
import io.r2dbc.postgresql.message.frontend.Execute;
import io.r2dbc.postgresql.message.frontend.ExecutionType;
import io.r2dbc.postgresql.message.frontend.Flush;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Sync;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * A query by the extended protocol, which the session brings to its end by itself. The
 * driver asks for each page of the rows when it has taken the one before, and closes the
 * portal when it has taken the last: what is buffered for it would keep the wire from the
 * statements that its reader runs meanwhile.
 */
final class PreparedQuery {

	private static final Pattern EXECUTE = Pattern.compile("Execute\\{name='([^']*)', rows=(\\d+)}");

	private static final int HEADER = 1 + Integer.BYTES;

	private final FrontendMessage message;

	private final String portal;

	private final int rows;

	private final Sinks.Many<FrontendMessage> following = Sinks.unsafe().many().unicast().onBackpressureBuffer();

	private volatile boolean left;

	private PreparedQuery(FrontendMessage message, String portal, int rows) {
		this.message = message;
		this.portal = portal;
		this.rows = rows;
	}

	/**
	 * Return the query that a message begins, or {@code null} where it begins none.
	 */
	static @Nullable PreparedQuery of(@Nullable FrontendMessage message) {
		if (!(message instanceof CompositeFrontendMessage)) {
			return null;
		}
		String text = message.toString();
		int bind = text.indexOf("Bind{name='");
		int execute = text.lastIndexOf("Execute{name='");
		Matcher matcher = EXECUTE.matcher(text);
		return (bind >= 0 && execute > bind && matcher.find(execute))
				? new PreparedQuery(message, matcher.group(1), Integer.parseInt(matcher.group(2))) : null;
	}

	/**
	 * Return the message that begins it.
	 */
	FrontendMessage message() {
		return this.message;
	}

	/**
	 * Return all that is sent for it.
	 */
	Flux<FrontendMessage> messages() {
		return (this.rows == Execute.NO_LIMIT) ? Flux.just(this.message)
				: Flux.<FrontendMessage>just(new FirstPage(this.message)).concatWith(this.following.asFlux());
	}

	/**
	 * Take note of what the driver would send: it closes a portal whose rows nobody wants
	 * any more.
	 */
	void wouldSend(FrontendMessage message) {
		if (message instanceof Close) {
			this.left = true;
		}
	}

	/**
	 * Go on after an answer, which the driver has been given.
	 */
	void answered(BackendMessage message) {
		if (this.rows == Execute.NO_LIMIT) {
			return;
		}
		if (message instanceof PortalSuspended && !this.left) {
			send(new Execute(this.portal, this.rows), Flush.INSTANCE);
		}
		else if (message instanceof PortalSuspended || message instanceof CommandComplete
				|| message instanceof EmptyQueryResponse) {
			send(new Close(this.portal, ExecutionType.PORTAL), Sync.INSTANCE);
			this.following.tryEmitComplete();
		}
		else if (message instanceof ErrorResponse) {
			send(Sync.INSTANCE);
			this.following.tryEmitComplete();
		}
	}

	private void send(FrontendMessage.DirectEncoder... messages) {
		this.following.tryEmitNext(new CompositeFrontendMessage(messages));
	}

	/**
	 * Part with a query that is not sent.
	 */
	void release() {
		Flux.from(this.message.encode(ByteBufAllocator.DEFAULT)).subscribe(ReferenceCountUtil::release);
	}

	/**
	 * The messages up to the first page of rows, and a Flush. Where the driver prepares
	 * once more, it puts a Sync before them, and the length of what follows that into it:
	 * it knows the place of a Parse only at the beginning.
	 *
	 * @param message the driver's messages
	 */
	private record FirstPage(FrontendMessage message) implements FrontendMessage {

		@Override
		public Publisher<ByteBuf> encode(ByteBufAllocator allocator) {
			return Flux.from(this.message.encode(allocator)).map((all) -> {
				try {
					return firstPage(allocator, all);
				}
				finally {
					all.release();
				}
			}).next();
		}

		private static ByteBuf firstPage(ByteBufAllocator allocator, ByteBuf all) {
			if (all.getByte(0) == 'S' && all.getByte(HEADER) == 'P') {
				all.setInt(HEADER + 1, all.getInt(1) - HEADER).skipBytes(HEADER);
			}
			ByteBuf page = allocator.buffer(all.readableBytes() + HEADER);
			while (all.isReadable()) {
				int length = 1 + all.getInt(all.readerIndex() + 1);
				byte type = all.getByte(all.readerIndex());
				if (type != 'S' && type != 'H' && type != 'C') {
					page.writeBytes(all, length);
				}
				else {
					all.skipBytes(length);
				}
			}
			return page.writeByte('H').writeInt(Integer.BYTES);
		}

	}

}
