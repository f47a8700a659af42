package io.trunkline.test.context;

import java.time.Duration;
import java.util.function.ToIntFunction;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.ValidationDepth;
import io.r2dbc.spi.Wrapped;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

import org.springframework.util.ClassUtils;

/**
 * What is done with the application's pools. They are an optional library.
 */
final class Pools {

	private static final boolean PRESENT = ClassUtils.isPresent("io.r2dbc.pool.ConnectionPool",
			Pools.class.getClassLoader());

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private static final int DEFAULT_SIZE = 10;

	private Pools() {
	}

	static boolean isPooled(ConnectionFactory factory) {
		return PRESENT && Present.find(factory) != null;
	}

	/**
	 * Pool connections as another pool does: as many of them, of which one is opened now.
	 * @param model the pool, or what wraps it
	 * @param factory where the connections come from
	 */
	static ConnectionFactory like(ConnectionFactory model, ConnectionFactory factory) {
		return Present.like(model, factory);
	}

	static void dispose(ConnectionFactory pool) {
		Present.dispose(pool);
	}

	/**
	 * Have a pool part with connections that the server has ended. It looks at one when
	 * it is asked for it, and is asked once more only where that one was dead: with two
	 * dead ones, the application would meet an error.
	 * @param pool the pool, or what wraps it
	 */
	static void replaceEnded(ConnectionFactory pool) {
		Present.replaceEnded(pool);
	}

	/**
	 * What needs the class.
	 */
	private static final class Present {

		static @Nullable ConnectionPool find(ConnectionFactory factory) {
			Object current = factory;
			while (!(current instanceof ConnectionPool) && current instanceof Wrapped<?> wrapped) {
				current = wrapped.unwrap();
			}
			return (current instanceof ConnectionPool pool) ? pool : null;
		}

		static int metrics(ConnectionFactory factory, ToIntFunction<PoolMetrics> metric, int otherwise) {
			ConnectionPool pool = find(factory);
			return (pool != null) ? pool.getMetrics().map(metric::applyAsInt).orElse(otherwise) : otherwise;
		}

		static ConnectionFactory like(ConnectionFactory model, ConnectionFactory factory) {
			ConnectionPool pool = new ConnectionPool(ConnectionPoolConfiguration.builder(factory)
				.initialSize(1)
				.maxSize(metrics(model, PoolMetrics::getMaxAllocatedSize, DEFAULT_SIZE))
				.build());
			pool.warmup().block(LONGEST);
			return pool;
		}

		static void dispose(ConnectionFactory pool) {
			((ConnectionPool) pool).disposeLater().block(LONGEST);
		}

		static void replaceEnded(ConnectionFactory pool) {
			int limit = metrics(pool, PoolMetrics::getMaxAllocatedSize, DEFAULT_SIZE);
			Mono.defer(() -> allIdleAreAlive(pool, limit))
				.repeat(limit)
				.takeUntil(Boolean::booleanValue)
				.blockLast(LONGEST);
		}

		/**
		 * Taken all at once, as a pool gives the one that came back last. A connection
		 * that was asked in vain knows that it is dead, and fails the pool's own look at
		 * it next time.
		 */
		private static Mono<Boolean> allIdleAreAlive(ConnectionFactory pool, int limit) {
			return Flux.range(0, metrics(pool, PoolMetrics::idleSize, 0))
				.flatMap((index) -> Mono.<Connection>from(pool.create())
					.retryWhen(Retry.max(limit).filter(R2dbcException.class::isInstance)), limit)
				.collectList()
				.flatMap((taken) -> Flux.fromIterable(taken)
					.concatMap((connection) -> Mono.from(connection.validate(ValidationDepth.REMOTE)))
					.all(Boolean::booleanValue)
					.flatMap((alive) -> Flux.fromIterable(taken).concatMap(Connection::close).then(Mono.just(alive))));
		}

	}

}
