package io.trunkline.connection;

import java.util.concurrent.atomic.AtomicReference;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.CommandComplete;
import io.r2dbc.postgresql.message.backend.CopyInResponse;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.frontend.CopyDone;
import io.r2dbc.postgresql.message.frontend.CopyFail;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Query;
import io.r2dbc.postgresql.util.Operators;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Schedulers;

/**
 * One {@code COPY … FROM STDIN} as a simple query. Differs from the driver's
 * {@code copyIn} where an abandoned load is concerned: the source is subscribed to only
 * when the server is ready for data, it is cancelled as soon as the server gives up or
 * the subscriber leaves (the driver waits for the source to end, and a source that never
 * does blocks the connection for good), and its own error is what the caller sees.
 */
final class CopyIn {

	private final String sql;

	/** Emits when the server is ready for data, completes empty when it will not be. */
	private final Sinks.One<Boolean> ready = Sinks.one();

	private final Sinks.Empty<Void> stop = Sinks.empty();

	private final AtomicReference<@Nullable FrontendMessage> lastMessage = new AtomicReference<>(CopyDone.INSTANCE);

	private volatile @Nullable CopyFrame inFlight;

	private volatile boolean sent;

	private volatile boolean cancelled;

	private volatile @Nullable ErrorResponse error;

	private volatile @Nullable Throwable sourceError;

	private volatile long rows;

	CopyIn(String sql) {
		this.sql = sql;
	}

	/**
	 * Send each buffer as one CopyData message. One buffer at a time is asked for, as
	 * soon as the socket has taken the one before.
	 * @return the number of rows that the server reports
	 */
	Mono<Long> from(Publisher<ByteBuf> source, StatementAbort abort) {
		Flux<FrontendMessage> requests = Flux.<FrontendMessage>just(new Query(this.sql))
			.concatWith(this.ready.asMono().flatMapMany((go) -> this.cancelled ? lastMessage() : messages(source)));
		Flux<Long> outcome = abort.exchange(requests)
			.<Long>handle(this::handle)
			.onErrorMap(this::preferServerError)
			.doOnTerminate(this::end)
			.concatWith(Mono.defer(this::outcome));
		return Operators.<Long>discardOnCancel(outcome, () -> {
			cancel();
			abort.start();
		}).singleOrEmpty();
	}

	private Flux<FrontendMessage> messages(Publisher<ByteBuf> source) {
		return Flux.from(source)
			// On the event loop, a source that always has data would leave no time to
			// read the server's error.
			.subscribeOn(Schedulers.parallel())
			.<FrontendMessage>map(this::toFrame)
			.takeUntilOther(this.stop.asMono())
			.concatWith(lastMessage())
			.onErrorResume((ex) -> {
				this.sourceError = ex;
				return Mono.just(new CopyFail("The source of the data failed"));
			})
			.doFinally((signal) -> {
				this.sent = true;
				releaseInFlight();
			});
	}

	private CopyFrame toFrame(ByteBuf data) {
		// Asked for the next one, the driver has sent the one before or has failed to.
		releaseInFlight();
		CopyFrame frame = new CopyFrame(data);
		this.inFlight = frame;
		if (this.sent) {
			// The source emitted while it was being cancelled: nobody takes this one.
			frame.release();
		}
		return frame;
	}

	private void releaseInFlight() {
		CopyFrame frame = this.inFlight;
		if (frame != null) {
			frame.release();
		}
	}

	private void handle(BackendMessage message, SynchronousSink<Long> sink) {
		if (message instanceof CopyInResponse) {
			this.ready.tryEmitValue(Boolean.TRUE);
		}
		else if (message instanceof ErrorResponse response) {
			this.error = response;
			end();
		}
		else if (message instanceof CommandComplete complete && complete.getRows() != null) {
			this.rows = complete.getRows();
		}
		ReferenceCountUtil.release(message);
	}

	/**
	 * Let go of the source and complete the requests, which is what frees the driver's
	 * queue for the next statement.
	 */
	private void end() {
		this.lastMessage.compareAndSet(CopyDone.INSTANCE, null);
		this.stop.tryEmitEmpty();
		this.ready.tryEmitEmpty();
	}

	/**
	 * A server that waits for data does not notice a cancel request, only a CopyFail; one
	 * that has not asked for data yet gets it when it does.
	 */
	private void cancel() {
		this.lastMessage.compareAndSet(CopyDone.INSTANCE, new CopyFail("The load was cancelled"));
		this.cancelled = true;
		this.stop.tryEmitEmpty();
	}

	private Mono<FrontendMessage> lastMessage() {
		return Mono.fromSupplier(this.lastMessage::get);
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

	private Mono<Long> outcome() {
		Throwable sourceError = this.sourceError;
		if (sourceError != null) {
			return Mono.error(sourceError);
		}
		ErrorResponse response = this.error;
		return (response != null) ? Mono.error(TrunklineClientAccess.exception(response, this.sql))
				: Mono.just(this.rows);
	}

}
