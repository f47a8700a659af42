package io.trunkline.schema;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.trunkline.connection.OperationObservations;
import io.trunkline.connection.PostgresConnections;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessResourceUsageException;

/**
 * Finds types by their oids, and remembers those that cannot change.
 */
final class TypeLookup {

	private final PostgresConnections connections;

	private final OperationObservations observations;

	private final Map<Long, TypeInfo> systemTypes = new ConcurrentHashMap<>();

	TypeLookup(PostgresConnections connections, OperationObservations observations) {
		this.connections = connections;
		this.observations = observations;
	}

	Flux<TypeInfo> find(List<Long> oids) {
		List<Long> wanted = List.copyOf(oids);
		return Flux.defer(() -> {
			Map<Long, TypeInfo> found = new HashMap<>();
			Set<Long> unknown = new LinkedHashSet<>();
			for (Long oid : wanted) {
				TypeInfo known = this.systemTypes.get(oid);
				if (known != null) {
					found.put(oid, known);
				}
				else {
					unknown.add(oid);
				}
			}
			Mono<Map<Long, TypeInfo>> read = unknown.isEmpty() ? Mono.just(found)
					: read(unknown.toArray(Long[]::new)).doOnNext((types) -> types.putAll(found));
			return read.flatMapIterable((types) -> wanted.stream().map(types::get).toList());
		});
	}

	private Mono<Map<Long, TypeInfo>> read(Long[] oids) {
		return this.observations
			.observe("trunkline.catalog.types",
					(context) -> this.connections.query(CatalogSql.TYPES_BY_OID, CatalogRow::from, (Object) oids)
						.collectList()
						.map((rows) -> types(oids, rows))
						.doOnNext((types) -> context.addItems(types.size())))
			.singleOrEmpty();
	}

	private Map<Long, TypeInfo> types(Long[] oids, List<CatalogRow> rows) {
		TypeReader reader = new TypeReader();
		rows.forEach(reader::add);
		Map<Long, TypeInfo> types = new HashMap<>();
		for (long oid : oids) {
			if (!reader.has(oid)) {
				throw new InvalidDataAccessResourceUsageException("There is no type of oid " + oid);
			}
			TypeInfo type = reader.type(oid);
			types.put(oid, type);
			if (oid < CatalogSql.FIRST_USER_OID) {
				this.systemTypes.put(oid, type);
			}
		}
		return types;
	}

}
