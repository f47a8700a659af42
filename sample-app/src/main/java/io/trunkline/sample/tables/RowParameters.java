package io.trunkline.sample.tables;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.data.domain.Sort;
import org.springframework.data.relational.core.query.Criteria;
import org.springframework.http.HttpStatus;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ResponseStatusException;

/**
 * The parameters of a request for rows. Those that begin with an underscore and are known
 * say how, all others are conditions on columns, of which each must hold. The name of a
 * column may stand in double quotes, also to tell it from a parameter:
 * {@code "_limit"=5}.
 *
 * @param conditions the conditions
 * @param options the known parameters
 */
record RowParameters(List<Criteria> conditions, Map<String, String> options) {

	static final String ORDER = "_order";

	static final String LIMIT = "_limit";

	static final String OFFSET = "_offset";

	static final String COLUMNS = "_columns";

	static final String AFTER = "_after";

	static final String COUNT = "_count";

	private static final Set<String> OPTIONS = Set.of(ORDER, LIMIT, OFFSET, COLUMNS, AFTER, COUNT);

	/**
	 * Read the parameters of a request that selects rows.
	 */
	static RowParameters of(MultiValueMap<String, String> parameters) {
		return of(parameters, OPTIONS);
	}

	/**
	 * Read the parameters of a request that changes rows.
	 * @return the condition
	 */
	static Criteria conditionOf(MultiValueMap<String, String> parameters) {
		parameters.keySet().stream().filter(OPTIONS::contains).findFirst().ifPresent((name) -> {
			throw refused("The parameter '" + name + "' is only for reading rows; a column of that name is written \""
					+ name + "\" with the quotes");
		});
		RowParameters read = of(parameters, Set.of());
		if (read.conditions.isEmpty()) {
			throw refused("There is no condition, so that all rows would be hit: give one such as ?id=5");
		}
		return read.condition();
	}

	private static RowParameters of(MultiValueMap<String, String> parameters, Set<String> known) {
		List<Criteria> conditions = new ArrayList<>();
		Map<String, String> options = new LinkedHashMap<>();
		parameters.forEach((name, values) -> {
			for (String value : values) {
				if (value == null) {
					throw refused("The parameter '" + name + "' has no value: give " + name + "=value, or " + name
							+ "=is.null for a column that is to be null");
				}
				if (!known.contains(name)) {
					conditions.add(RowOperator.condition(NameList.name(name), value));
				}
				else if (options.put(name, value) != null) {
					throw refused("The parameter '" + name + "' is given twice");
				}
			}
		});
		return new RowParameters(conditions, options);
	}

	Criteria condition() {
		return Criteria.from(this.conditions);
	}

	@Nullable String option(String name) {
		return this.options.get(name);
	}

	long number(String name, long fallback, long least, long most) {
		String text = option(name);
		if (text == null) {
			return fallback;
		}
		try {
			long number = Long.parseLong(text);
			if (number >= least && number <= most) {
				return number;
			}
		}
		catch (NumberFormatException ex) {
			// Told below.
		}
		throw refused("The parameter '%s' must be a whole number from %d to %d, and is '%s'".formatted(name, least,
				most, text));
	}

	boolean flag(String name, boolean fallback) {
		String text = option(name);
		if (text == null || text.equals("true") || text.equals("false")) {
			return (text != null) ? Boolean.parseBoolean(text) : fallback;
		}
		throw refused("The parameter '" + name + "' must be true or false, and is '" + text + "'");
	}

	String[] columns() {
		String text = option(COLUMNS);
		return (text != null) ? NameList.names(text, COLUMNS).toArray(String[]::new) : new String[0];
	}

	/**
	 * Return the order: columns with {@code .asc} or {@code .desc}, {@code .nullsfirst}
	 * or {@code .nullslast} behind them.
	 */
	Sort sort() {
		String text = option(ORDER);
		if (text == null) {
			return Sort.unsorted();
		}
		return Sort.by(NameList.parse(text, ORDER).stream().map(RowParameters::order).toList());
	}

	private static Sort.Order order(NameList.Part part) {
		String name = part.name();
		String rest = part.rest();
		List<String> words = new ArrayList<>();
		if (rest.isEmpty()) {
			for (String word = lastWord(name); word != null; word = lastWord(name)) {
				words.add(0, word);
				name = name.substring(0, name.length() - word.length() - 1);
			}
		}
		else {
			words.addAll(List.of(rest.substring(rest.startsWith(".") ? 1 : 0).split("\\.")));
		}
		Sort.Order order = Sort.Order.asc(name);
		for (String word : words) {
			order = switch (word) {
				case "asc" -> order.with(Sort.Direction.ASC);
				case "desc" -> order.with(Sort.Direction.DESC);
				case "nullsfirst" -> order.nullsFirst();
				case "nullslast" -> order.nullsLast();
				default -> throw refused("The order of [" + name + "] is '" + word
						+ "', and must be asc or desc, nullsfirst or nullslast");
			};
		}
		return order;
	}

	private static @Nullable String lastWord(String name) {
		String word = name.substring(name.lastIndexOf('.') + 1);
		boolean known = Set.of("asc", "desc", "nullsfirst", "nullslast").contains(word);
		return (known && word.length() < name.length() - 1) ? word : null;
	}

	static ResponseStatusException refused(String reason) {
		return new ResponseStatusException(HttpStatus.BAD_REQUEST, reason);
	}

}
