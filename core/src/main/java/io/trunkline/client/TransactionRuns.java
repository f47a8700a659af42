package io.trunkline.client;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;

import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.connection.TransactionMode;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

import org.springframework.core.Ordered;
import org.springframework.core.log.LogMessage;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.reactive.TransactionSynchronization;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;

/**
 * Runs transactions, and runs them again.
 */
final class TransactionRuns {

	private static final Set<String> RETRIED = Set.of("40001", "40P01");

	private static final double JITTER = 0.5;

	private static final Log logger = LogFactory.getLog(TransactionRuns.class);

	private final PostgresConnections connections;

	private final TransactionRetry retry;

	TransactionRuns(PostgresConnections connections, TransactionRetry retry) {
		this.connections = connections;
		this.retry = retry;
	}

	<T> Flux<T> run(TransactionOptions options, Supplier<? extends Publisher<? extends T>> work) {
		return this.connections.isTransactionActive()
			.flatMapMany((active) -> active ? nested(options, work) : outermost(options, work));
	}

	/**
	 * An error that ends the transaction cannot be mended inside of it: a savepoint is
	 * not run again.
	 */
	private <T> Flux<T> nested(TransactionOptions options, Supplier<? extends Publisher<? extends T>> work) {
		TransactionMode mode = options.mode();
		if (mode.isolation() != Isolation.DEFAULT || mode.readOnly() || mode.deferrable()) {
			return Flux.error(new InvalidDataAccessApiUsageException(describe(mode)
					+ " is to run inside of another, where it is a savepoint and cannot have an isolation level,"
					+ " be read-only or deferrable: set this for the outer transaction"));
		}
		return this.connections.inTransaction((connection) -> limited(options, work));
	}

	private <T> Flux<T> outermost(TransactionOptions options, Supplier<? extends Publisher<? extends T>> work) {
		TransactionRetry retry = options.retry(this.retry);
		if (retry == null) {
			return this.connections.inTransaction(options.mode(), (connection) -> limited(options, work));
		}
		AtomicBoolean committed = new AtomicBoolean();
		Mono<List<T>> attempt = this.connections
			.<T>inTransaction(options.mode(),
					(connection) -> noteCommit(committed).<T>thenMany(Flux.defer(() -> limited(options, work))))
			.collectList();
		return attempt.retryWhen(retrying(retry, options.mode(), committed)).flatMapIterable(Function.identity());
	}

	private static Retry retrying(TransactionRetry retry, TransactionMode mode, AtomicBoolean committed) {
		return Retry.backoff(retry.maxAttempts() - 1L, retry.firstBackoff())
			.maxBackoff(retry.maxBackoff())
			.jitter(JITTER)
			.filter((ex) -> !committed.get() && PostgresErrors.sqlState(ex).filter(RETRIED::contains).isPresent())
			.doBeforeRetry((signal) -> logger.debug(LogMessage.format("%s is run again after SQLSTATE %s, attempt %d",
					describe(mode), PostgresErrors.sqlState(signal.failure()).orElse(""), signal.totalRetries() + 2)))
			.onRetryExhaustedThrow((spec, signal) -> signal.failure());
	}

	/**
	 * What fails after the commit, in a callback of Spring's, can look like an error of
	 * the transaction.
	 */
	private static Mono<Void> noteCommit(AtomicBoolean committed) {
		return TransactionSynchronizationManager.forCurrentTransaction()
			.doOnNext((manager) -> manager.registerSynchronization(new CommitNote(committed)))
			.then();
	}

	private static <T> Flux<T> limited(TransactionOptions options, Supplier<? extends Publisher<? extends T>> work) {
		Flux<T> results = Flux.from(work.get());
		Duration timeout = options.timeout();
		if (timeout == null) {
			return results;
		}
		// One deadline for all results, not one for each.
		return Flux.defer(() -> {
			Mono<Long> deadline = Mono.delay(timeout).cache();
			return results.timeout(deadline, (result) -> deadline, Mono.error(() -> new QueryTimeoutException(
					describe(options.mode()) + " took longer than " + timeout + " and is rolled back")));
		});
	}

	private static String describe(TransactionMode mode) {
		@Nullable String name = mode.name();
		return (name != null) ? "The transaction '" + name + "'" : "The transaction";
	}

	/**
	 * Told of a commit before any other callback can fail.
	 */
	private record CommitNote(AtomicBoolean committed) implements TransactionSynchronization, Ordered {

		@Override
		public int getOrder() {
			return HIGHEST_PRECEDENCE;
		}

		@Override
		public Mono<Void> afterCommit() {
			return Mono.fromRunnable(() -> this.committed.set(true));
		}

	}

}
