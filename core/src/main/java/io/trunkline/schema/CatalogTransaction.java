package io.trunkline.schema;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.transaction.reactive.TransactionContext;
import org.springframework.transaction.reactive.TransactionContextManager;
import org.springframework.transaction.reactive.TransactionSynchronization;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;

/**
 * What a catalogue knows in one transaction only: tables as the transaction sees them,
 * and its aliases.
 */
final class CatalogTransaction {

	private static final Object CONTEXT_HOLDER = TransactionContextManager.getOrCreateContextHolder()
		.apply(Context.empty())
		.stream()
		.findFirst()
		.orElseThrow()
		.getKey();

	private final Map<String, LoadedTable> tables = new ConcurrentHashMap<>();

	private final Map<String, TableName> aliases = new ConcurrentHashMap<>();

	private final Set<Long> forgotten = ConcurrentHashMap.newKeySet();

	private CatalogTransaction() {
	}

	/**
	 * Whether there is no transaction for sure. Spring's own question costs several times
	 * as much as the look-up of a known table.
	 */
	static boolean isNoneIn(ContextView context) {
		return !context.hasKey(TransactionContext.class) && !context.hasKey(CONTEXT_HOLDER);
	}

	/**
	 * Return what belongs to the current transaction.
	 * @param key the catalogue
	 * @param cache gets the tables when the transaction commits
	 */
	static Mono<CatalogTransaction> current(Object key, TableCache cache) {
		return TransactionSynchronizationManager.forCurrentTransaction().map((manager) -> {
			if (manager.getResource(key) instanceof CatalogTransaction bound) {
				return bound;
			}
			CatalogTransaction created = new CatalogTransaction();
			manager.bindResource(key, created);
			manager.registerSynchronization(new Completion(manager, key, created, cache));
			return created;
		});
	}

	@Nullable LoadedTable table(String name) {
		return this.tables.get(name);
	}

	void put(String name, LoadedTable loaded) {
		this.tables.put(name, loaded);
	}

	void remove(String name) {
		this.tables.remove(name);
	}

	/**
	 * Forget a table, and once more when the transaction commits: until then others find
	 * it as it was, by this name or another one.
	 */
	void forget(String name, TableCache cache) {
		LoadedTable own = this.tables.remove(name);
		TableCache.Entry shared = cache.get(name);
		LoadedTable known = (own != null || shared == null) ? own : shared.loaded();
		if (known != null) {
			this.forgotten.add(known.table().oid());
		}
	}

	void clear() {
		this.tables.clear();
	}

	@Nullable TableName alias(String name) {
		return this.aliases.get(name);
	}

	void alias(String alias, TableName function) {
		this.aliases.put(alias, function);
	}

	/**
	 * Keeps the state with its transaction, and shares what was read once it is known to
	 * be there for others.
	 */
	private record Completion(TransactionSynchronizationManager manager, Object key, CatalogTransaction state,
			TableCache cache) implements TransactionSynchronization {

		@Override
		public Mono<Void> suspend() {
			return Mono.fromRunnable(() -> this.manager.unbindResourceIfPossible(this.key));
		}

		@Override
		public Mono<Void> resume() {
			return Mono.fromRunnable(() -> this.manager.bindResource(this.key, this.state));
		}

		@Override
		public Mono<Void> afterCompletion(int status) {
			return Mono.fromRunnable(() -> {
				this.manager.unbindResourceIfPossible(this.key);
				if (status == STATUS_COMMITTED) {
					this.state.forgotten.forEach(this.cache::remove);
					this.state.tables.forEach(this.cache::putUnverified);
				}
			});
		}

	}

}
