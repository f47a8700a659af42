package io.trunkline.schema;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

import io.trunkline.schema.TableCache.Moment;
import reactor.core.publisher.Mono;

/**
 * Look-ups that are under way, for those who ask for the same table meanwhile. One ends
 * early when all who wait for it have left.
 */
final class SharedLookUps {

	private final Map<String, LookUp> running = new ConcurrentHashMap<>();

	private final TableCache cache;

	SharedLookUps(TableCache cache) {
		this.cache = cache;
	}

	/**
	 * Wait for the look-up of a name that began so short a time ago that its answer is
	 * still good, else begin one. Whoever may have a transaction looks up alone: nobody
	 * else is to depend on that connection.
	 * @param lookUp gets the moment at which it begins
	 */
	Mono<TableInfo> join(String name, Function<Moment, Mono<TableInfo>> lookUp) {
		return Mono.deferContextual((context) -> {
			if (!CatalogTransaction.isNoneIn(context)) {
				return lookUp.apply(this.cache.moment());
			}
			return this.running
				.compute(name,
						(key, known) -> (known != null && this.cache.isFresh(known.since)) ? known : begin(key, lookUp))
				.table();
		});
	}

	private LookUp begin(String name, Function<Moment, Mono<TableInfo>> lookUp) {
		Moment since = this.cache.moment();
		Mono<TableInfo> table = Mono.defer(() -> lookUp.apply(since))
			.doOnTerminate(() -> ended(name, since))
			.doOnCancel(() -> ended(name, since))
			.flux()
			.replay(1)
			.refCount()
			.singleOrEmpty();
		return new LookUp(since, table);
	}

	private void ended(String name, Moment since) {
		this.running.computeIfPresent(name, (key, known) -> (known.since == since) ? null : known);
	}

	/**
	 * A look-up that is under way.
	 *
	 * @param since when it began
	 * @param table its result, for any number of subscribers
	 */
	private record LookUp(Moment since, Mono<TableInfo> table) {
	}

}
