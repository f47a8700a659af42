package io.trunkline.copy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

import io.r2dbc.spi.Readable;
import io.trunkline.connection.PostgresConnections;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * The values of a query's parameters. COPY takes none, so the server is asked for their
 * literals: the values themselves travel bound, and come back quoted by
 * {@code quote_literal}, whose results mean the same under any setting.
 */
final class QueryParameters {

	static final QueryParameters NONE = new QueryParameters(Map.of());

	private final Map<String, Optional<Object>> values;

	private QueryParameters(Map<String, Optional<Object>> values) {
		this.values = values;
	}

	QueryParameters with(String name, Optional<Object> value) {
		Assert.hasText(name, "'name' must not be empty");
		Map<String, Optional<Object>> values = new LinkedHashMap<>(this.values);
		values.put(name.startsWith(":") ? name.substring(1) : name, value);
		return new QueryParameters(values);
	}

	/**
	 * Put the literals into a query.
	 */
	Mono<String> render(PostgresConnections connections, SqlText query) {
		for (String name : query.parameters()) {
			if (!this.values.containsKey(name)) {
				throw new InvalidDataAccessApiUsageException(
						"The query's parameter [" + name + "] has no value: bind it");
			}
		}
		for (String name : this.values.keySet()) {
			if (!query.parameters().contains(name)) {
				throw new InvalidDataAccessApiUsageException("The query has no parameter [" + name + "]");
			}
		}
		List<String> names = this.values.keySet().stream().filter((name) -> value(name).isPresent()).toList();
		if (names.isEmpty()) {
			return Mono.fromSupplier(() -> query.render((name) -> "NULL"));
		}
		Object[] parameters = names.stream().map((name) -> value(name).orElseThrow()).toArray();
		return connections.query(select(names.size()), (row) -> literals(row, names), parameters)
			.singleOrEmpty()
			.map((literals) -> query.render((name) -> literals.getOrDefault(name, "NULL")));
	}

	private Optional<Object> value(String name) {
		return Objects.requireNonNull(this.values.get(name));
	}

	private static String select(int count) {
		List<String> columns = new ArrayList<>();
		for (int i = 1; i <= count; i++) {
			columns.add("pg_catalog.quote_literal($" + i + ")");
			columns.add("pg_catalog.pg_typeof($" + i + ")::pg_catalog.text");
		}
		return "SELECT " + String.join(", ", columns);
	}

	private Map<String, String> literals(Readable row, List<String> names) {
		Map<String, String> literals = new HashMap<>();
		for (int i = 0; i < names.size(); i++) {
			String literal = Objects.requireNonNull(row.get(2 * i, String.class));
			String type = Objects.requireNonNull(row.get(2 * i + 1, String.class));
			boolean untyped = value(names.get(i)).orElseThrow() instanceof CharSequence;
			literals.put(names.get(i), untyped ? " " + literal + " " : "CAST(" + literal + " AS " + type + ")");
		}
		return literals;
	}

}
