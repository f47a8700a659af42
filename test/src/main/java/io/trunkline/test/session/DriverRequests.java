package io.trunkline.test.session;

import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.backend.ReadyForQuery;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * What the driver sends in an exchange, and when that is over.
 */
final class DriverRequests {

	private final Predicate<BackendMessage> takeUntil;

	private final Publisher<FrontendMessage> requests;

	/**
	 * Ends the requests, which the driver leaves open until it is told that the statement
	 * has ended; what follows on the wire waits for their end.
	 */
	private final Sinks.Empty<Void> ended = Sinks.empty();

	private final Retry retry = new Retry();

	private volatile @Nullable PreparedQuery query;

	DriverRequests(Predicate<BackendMessage> takeUntil, Publisher<FrontendMessage> requests) {
		this.takeUntil = takeUntil;
		this.requests = requests;
	}

	/**
	 * Return what is sent. Of a query that is what the session makes of the driver's
	 * first message, while that goes on by itself.
	 * @param sending sees each message of the driver's, and may put another in its place
	 */
	Flux<FrontendMessage> messages(UnaryOperator<FrontendMessage> sending) {
		return Flux.from(this.requests).switchOnFirst((first, all) -> {
			PreparedQuery query = PreparedQuery.of(first.get());
			if (query == null) {
				return all.map(sending).takeUntilOther(this.ended.asMono());
			}
			this.query = query;
			sending.apply(query.message());
			all.skip(1).takeUntilOther(this.ended.asMono()).subscribe(this::wouldSend, (ex) -> {
			});
			return query.messages();
		}, false);
	}

	private void wouldSend(FrontendMessage message) {
		PreparedQuery again = PreparedQuery.of(message);
		if (again == null) {
			Objects.requireNonNull(this.query).wouldSend(message);
		}
		else if (!this.retry.is(again)) {
			again.release();
		}
	}

	/**
	 * Whether the session brings it to its end, so that the driver need not see that.
	 */
	boolean isQuery() {
		return this.query != null;
	}

	/**
	 * Whether a message ends the answer. The driver counts, and knows of what its reader
	 * has taken only: that may not have come yet to an error that it answers by preparing
	 * once more.
	 */
	boolean isLast(BackendMessage message) {
		return isQuery() ? message instanceof ReadyForQuery : this.takeUntil.test(message);
	}

	/**
	 * Whether the driver answers an error by preparing the query once more.
	 */
	boolean isAnswered(ErrorResponse error) {
		return isQuery() && ServerErrors.asksToPrepareAgain(error) && this.retry.await();
	}

	/**
	 * Go on with a query after a message that has been handed out.
	 */
	void goOn(BackendMessage message) {
		PreparedQuery query = this.query;
		if (query != null) {
			query.answered(message);
		}
	}

	/**
	 * Whether the query is sent once more after its answer has ended.
	 * @param again what to do when the driver's message is there
	 * @param otherwise what to do where nobody reads any more
	 */
	boolean comesAgain(Consumer<PreparedQuery> again, Runnable otherwise) {
		return this.retry.isAwaited((query) -> {
			this.query = query;
			again.accept(query);
		}, otherwise);
	}

	/**
	 * Nobody reads the answer any more.
	 */
	void abandon() {
		this.retry.abandon();
	}

	/**
	 * End them, as the answer has ended.
	 */
	void end() {
		this.ended.tryEmitEmpty();
	}

	/**
	 * Send nothing. The driver gives the values that are bound back when they are sent,
	 * and not where they are not.
	 */
	void discard() {
		Flux.from(this.requests).next().mapNotNull(PreparedQuery::of).subscribe(PreparedQuery::release, (ex) -> {
		});
	}

}
