package io.trunkline.schema;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

import io.micrometer.observation.ObservationRegistry;
import io.trunkline.connection.OperationObservations;
import io.trunkline.connection.PostgresConnections;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.util.Assert;

/**
 * Default implementation of {@link SchemaCatalog}.
 */
final class DefaultSchemaCatalog implements SchemaCatalog {

	private static final long LONGEST = Long.MAX_VALUE / 2;

	private final PostgresConnections connections;

	private final OperationObservations observations;

	private final ListingFilter filter;

	private final TableCache cache;

	private final SharedLookUps lookUps;

	private final TypeLookup types;

	private final Map<String, TableName> aliases = new ConcurrentHashMap<>();

	DefaultSchemaCatalog(PostgresConnections connections, ObservationRegistry observationRegistry, Duration verifyAfter,
			ListingFilter filter) {
		this.connections = connections;
		this.observations = OperationObservations.create(observationRegistry);
		this.filter = filter;
		this.cache = new TableCache(
				(verifyAfter.compareTo(Duration.ofNanos(LONGEST)) < 0) ? verifyAfter.toNanos() : LONGEST,
				System::nanoTime);
		this.lookUps = new SharedLookUps(this.cache);
		this.types = new TypeLookup(connections, this.observations);
	}

	@Override
	public Mono<TableInfo> table(String table) {
		if (this.cache.get(table) == null) {
			TableName.parse(table);
		}
		return Mono.deferContextual((context) -> {
			if (CatalogTransaction.isNoneIn(context)) {
				return freshTable(table);
			}
			return transaction().flatMap((transaction) -> inTransaction(table, transaction))
				.switchIfEmpty(Mono.defer(() -> freshTable(table)));
		});
	}

	private Mono<TableInfo> freshTable(String table) {
		TableCache.Entry entry = this.cache.get(table);
		return (entry != null && entry.isFresh()) ? Mono.just(entry.loaded().table())
				: this.lookUps.join(table, (since) -> verified(table, entry, since));
	}

	@Override
	public <T> Flux<T> withTable(String table, Function<? super TableInfo, ? extends Publisher<? extends T>> work) {
		Assert.notNull(work, "'work' must not be null");
		if (this.cache.get(table) == null) {
			TableName.parse(table);
		}
		return Flux.deferContextual((context) -> {
			if (CatalogTransaction.isNoneIn(context)) {
				return retriedWhenStale(table, work);
			}
			return optionalTransaction().flatMapMany((transaction) -> transaction.isPresent()
					? inTransaction(table, transaction.get()).<T>flatMapMany(work) : retriedWhenStale(table, work));
		});
	}

	private <T> Flux<T> retriedWhenStale(String table,
			Function<? super TableInfo, ? extends Publisher<? extends T>> work) {
		TableCache.Entry entry = this.cache.get(table);
		Mono<TableInfo> known = (entry != null && entry.isUsable()) ? Mono.just(entry.loaded().table())
				: this.lookUps.join(table, (since) -> verified(table, entry, since));
		return known.flatMapMany((used) -> {
			AtomicBoolean begun = new AtomicBoolean();
			return Flux.defer(() -> Flux.<T>from(work.apply(used)))
				.doOnNext((result) -> begun.set(true))
				.onErrorResume((ex) -> {
					if (!Staleness.isSuspected(ex)) {
						return Flux.error(ex);
					}
					if (begun.get()) {
						this.cache.suspect(table);
						return Flux.error(ex);
					}
					return afterFailure(table, used, ex).<T>flatMapMany(work);
				});
		});
	}

	/**
	 * Return the table if it has changed, else the error that made it suspected. A
	 * look-up that began before the error may have been too early.
	 */
	private Mono<TableInfo> afterFailure(String table, TableInfo used, Throwable ex) {
		return verified(table, this.cache.get(table), this.cache.moment()).onErrorMap((failure) -> {
			if (failure instanceof TableNotFoundException) {
				failure.addSuppressed(ex);
				return failure;
			}
			ex.addSuppressed(failure);
			return ex;
		}).flatMap((current) -> current.equals(used) ? Mono.error(ex) : Mono.just(current));
	}

	/**
	 * Look a table up outside of a transaction.
	 * @param entry what is known of it
	 * @param since the moment before
	 */
	private Mono<TableInfo> verified(String table, TableCache.@Nullable Entry entry, TableCache.Moment since) {
		if (entry == null) {
			return read(table, since);
		}
		return isCurrent(table, entry.loaded()).flatMap((current) -> {
			if (!current) {
				return read(table, since);
			}
			entry.verified(since);
			return Mono.just(entry.loaded().table());
		});
	}

	private Mono<TableInfo> read(String table, TableCache.Moment since) {
		return load(table).doOnNext((loaded) -> this.cache.put(table, loaded, since))
			.doOnError((ex) -> this.cache.drop(table))
			.map(LoadedTable::table);
	}

	private Mono<TableInfo> inTransaction(String table, CatalogTransaction transaction) {
		return Mono.defer(() -> {
			LoadedTable own = transaction.table(table);
			TableCache.Entry shared = this.cache.get(table);
			LoadedTable known = (own != null || shared == null) ? own : shared.loaded();
			Mono<LoadedTable> loaded = load(table).doOnNext((read) -> transaction.put(table, read));
			if (known == null) {
				return loaded;
			}
			return isCurrent(table, known).flatMap((current) -> {
				if (current) {
					return Mono.just(known);
				}
				transaction.remove(table);
				this.cache.suspect(table);
				return loaded;
			});
		}).map(LoadedTable::table);
	}

	private Mono<Boolean> isCurrent(String table, LoadedTable loaded) {
		TableName name = TableName.parse(table);
		TableVersion version = loaded.version();
		return this.observations
			.observe(
					"trunkline.catalog.check", (
							context) -> this.connections
								.query(CatalogSql.VERSION_BY_NAME, CatalogRow::from, schema(name), name.name(),
										version.types().keySet().toArray(Long[]::new))
								.collectList()
								.map(version::isThatOf))
			.singleOrEmpty();
	}

	private Mono<LoadedTable> load(String table) {
		TableName name = TableName.parse(table);
		return this.observations.observe("trunkline.catalog.table",
				(context) -> this.connections
					.query(CatalogSql.TABLE_BY_NAME, CatalogRow::from, schema(name), name.name())
					.collectList()
					.flatMap((rows) -> {
						List<LoadedTable> tables = CatalogReader.read(rows);
						return tables.isEmpty() ? this.<LoadedTable>notFound(name) : permitted(tables.get(0));
					})
					.doOnNext((loaded) -> context.addItems(1)))
			.singleOrEmpty();
	}

	private static Mono<LoadedTable> permitted(LoadedTable loaded) {
		return loaded.permitted() ? Mono.just(loaded) : Mono.error(() -> denied(loaded.table()));
	}

	@SuppressWarnings("NullAway") // the cause may be missing, as in any exception
	private static PermissionDeniedDataAccessException denied(TableInfo table) {
		return new PermissionDeniedDataAccessException(
				"The role has no right to [%s]: grant it one, such as SELECT, and USAGE on the schema"
					.formatted(table.tableName()),
				null);
	}

	private <T> Mono<T> notFound(TableName name) {
		return this.connections.query(CatalogSql.CANDIDATES, CatalogRow::from, schema(name), name.name())
			.collectList()
			.flatMap((rows) -> Mono
				.error(new TableNotFoundException(name, NearestNames.searched(name), NearestNames.of(name, rows))));
	}

	@Override
	public Flux<TableInfo> tables() {
		return this.observations.observe("trunkline.catalog.tables", (context) -> {
			TableCache.Moment since = this.cache.moment();
			return list(CatalogSql.ALL_TABLES, this.filter.tableParameters()).map(CatalogReader::read)
				.zipWith(optionalTransaction())
				.flatMapIterable((read) -> {
					if (read.getT2().isEmpty()) {
						read.getT1().forEach((loaded) -> remember(loaded, since));
					}
					context.addItems(read.getT1().size());
					return read.getT1();
				})
				.map(LoadedTable::table)
				.sort(Comparator.comparing(TableInfo::schema).thenComparing(TableInfo::name));
		});
	}

	private void remember(LoadedTable loaded, TableCache.Moment since) {
		TableInfo table = loaded.table();
		this.cache.put(table.tableName().toString(), loaded, since);
		if (loaded.visible()) {
			this.cache.put(new TableName(null, table.name()).toString(), loaded, since);
		}
	}

	@Override
	public Flux<TypeInfo> types() {
		return listing("trunkline.catalog.types", CatalogSql.ALL_TYPES, (rows) -> new TypeListing(rows).types());
	}

	@Override
	public Flux<TypeInfo> types(List<Long> oids) {
		return this.types.find(oids);
	}

	@Override
	public Flux<DomainInfo> domains() {
		return listing("trunkline.catalog.domains", CatalogSql.ALL_TYPES, (rows) -> new TypeListing(rows).domains());
	}

	@Override
	public Flux<SequenceInfo> sequences() {
		return listing("trunkline.catalog.sequences", CatalogSql.ALL_SEQUENCES,
				(rows) -> rows.stream().map(SequenceInfo::from).toList());
	}

	@Override
	public Flux<FunctionInfo> functions() {
		return listing("trunkline.catalog.functions", CatalogSql.ALL_FUNCTIONS, FunctionReader::read);
	}

	private <T> Flux<T> listing(String observation, String sql, Function<List<CatalogRow>, List<T>> reader) {
		return this.observations.observe(observation,
				(context) -> list(sql, this.filter.schemaParameter()).map(reader)
					.doOnNext((listed) -> context.addItems(listed.size()))
					.flatMapIterable(Function.identity()));
	}

	private Mono<List<CatalogRow>> list(String sql, Object... parameters) {
		return this.connections.query(sql, CatalogRow::from, parameters).collectList();
	}

	@Override
	public Mono<FunctionInfo> function(String function, String... argumentTypes) {
		Assert.hasText(function, "'function' must not be empty: give its name or an alias");
		return optionalTransaction().map((transaction) -> {
			TableName own = transaction.map((state) -> state.alias(function)).orElse(null);
			TableName target = (own != null) ? own : this.aliases.get(function);
			return (target != null) ? target : TableName.parse(function);
		}).flatMap((name) -> function(name, List.of(argumentTypes)));
	}

	private Mono<FunctionInfo> function(TableName name, List<String> argumentTypes) {
		return this.observations
			.observe("trunkline.catalog.function",
					(context) -> list(CatalogSql.FUNCTIONS_BY_NAME, schema(name), name.name()).map(FunctionReader::read)
						.flatMap((functions) -> functions.isEmpty() ? this.<FunctionInfo>functionNotFound(name)
								: Mono.fromCallable(() -> FunctionReader.choose(name, functions, argumentTypes))))
			.singleOrEmpty();
	}

	private <T> Mono<T> functionNotFound(TableName name) {
		return list(CatalogSql.FUNCTION_CANDIDATES, schema(name), name.name())
			.flatMap((rows) -> Mono.error(FunctionNotFoundException.unknown(name, NearestNames.of(name, rows))));
	}

	@Override
	public void registerAlias(String alias, String function) {
		Assert.hasText(alias, "'alias' must not be empty");
		this.aliases.put(alias, TableName.parse(function));
	}

	@Override
	public Mono<Void> registerTransactionAlias(String alias, String function) {
		Assert.hasText(alias, "'alias' must not be empty");
		TableName target = TableName.parse(function);
		return transaction().switchIfEmpty(Mono.error(() -> new InvalidDataAccessApiUsageException(
				"There is no transaction to register the alias [%s] for: call this inside one, or registerAlias"
					.formatted(alias))))
			.doOnNext((transaction) -> transaction.alias(alias, target))
			.then();
	}

	@Override
	public Mono<Void> forget(String table) {
		Assert.notNull(table, "'table' must not be null");
		return optionalTransaction().doOnNext((transaction) -> {
			transaction.ifPresent((state) -> state.forget(table, this.cache));
			this.cache.remove(table);
		}).then();
	}

	@Override
	public Mono<Void> forgetAll() {
		return optionalTransaction().doOnNext((transaction) -> {
			transaction.ifPresent(CatalogTransaction::clear);
			this.cache.clear();
		}).then();
	}

	private Mono<Optional<CatalogTransaction>> optionalTransaction() {
		return transaction().map(Optional::of).defaultIfEmpty(Optional.empty());
	}

	private Mono<CatalogTransaction> transaction() {
		return this.connections.isTransactionActive()
			.flatMap((active) -> active ? CatalogTransaction.current(this, this.cache) : Mono.empty());
	}

	private static String schema(TableName name) {
		return (name.schema() != null) ? name.schema() : "";
	}

}
