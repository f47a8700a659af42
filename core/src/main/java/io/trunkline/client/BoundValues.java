package io.trunkline.client;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

import io.r2dbc.spi.Parameter;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.StatementRequest.StatementParameter;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * The values of a statement's parameters, by label. Immutable.
 */
final class BoundValues {

	static final BoundValues NONE = new BoundValues(Map.of());

	private static final int MAX_PARAMETERS = 65535;

	private static final int SHOWN = 10;

	private final Map<String, @Nullable Object> values;

	private BoundValues(Map<String, @Nullable Object> values) {
		this.values = values;
	}

	BoundValues with(String label, @Nullable Object value) {
		Map<String, @Nullable Object> values = new LinkedHashMap<>(this.values);
		values.put(label, value);
		return new BoundValues(values);
	}

	BoundValues withAll(Map<String, ? extends @Nullable Object> more) {
		Map<String, @Nullable Object> values = new LinkedHashMap<>(this.values);
		values.putAll(more);
		return new BoundValues(values);
	}

	/**
	 * Match the values to a statement's parameters.
	 * @throws InvalidDataAccessApiUsageException if they do not fit
	 */
	List<StatementParameter> fit(SqlTemplate template) {
		List<String> labels = template.labels();
		if (labels.size() > MAX_PARAMETERS) {
			throw new InvalidDataAccessApiUsageException("The statement has " + labels.size()
					+ " parameters and the server takes " + MAX_PARAMETERS + ": give a list, which is one parameter");
		}
		List<StatementParameter> parameters = new ArrayList<>(labels.size());
		List<String> missing = new ArrayList<>();
		for (String label : labels) {
			Object value = this.values.get(label);
			if (value == null && !this.values.containsKey(label)) {
				missing.add(label);
			}
			parameters.add(new StatementParameter(label, sent(label, value)));
		}
		if (!missing.isEmpty()) {
			throw new InvalidDataAccessApiUsageException("No value is bound to " + listed(missing) + " of the statement"
					+ (this.values.isEmpty() ? "" : ", only to " + listed(this.values.keySet())));
		}
		if (labels.size() < this.values.size()) {
			refuseUnknown(labels);
		}
		return parameters;
	}

	private void refuseUnknown(List<String> labels) {
		List<String> unknown = new ArrayList<>(this.values.keySet());
		unknown.removeAll(labels);
		throw new InvalidDataAccessApiUsageException("The statement has no parameter " + listed(unknown)
				+ (labels.isEmpty() ? ", and none at all" : "; it has " + listed(labels)));
	}

	private static String listed(Collection<String> labels) {
		StringJoiner list = new StringJoiner(", ");
		labels.stream().limit(SHOWN).forEach(list::add);
		return (labels.size() > SHOWN) ? list + " and " + (labels.size() - SHOWN) + " more" : list.toString();
	}

	private static @Nullable Object sent(String label, @Nullable Object value) {
		if (value instanceof Collection<?> collection) {
			return array(label, collection);
		}
		check(label, value);
		return (value instanceof CharSequence text) ? text.toString() : value;
	}

	/**
	 * An empty list has no type of its own: the server finds it out.
	 */
	private static Object array(String label, Collection<?> collection) {
		Class<?> type = null;
		for (Object element : collection) {
			check(label, element);
			if (element instanceof Collection || (element != null && element.getClass().isArray())) {
				throw new InvalidDataAccessApiUsageException("Parameter " + label
						+ " has a list of lists: bind an array of arrays for an array of several dimensions");
			}
			if (element != null && type != null && type != element.getClass()) {
				throw new InvalidDataAccessApiUsageException(
						"Parameter " + label + " has a list of elements of several types, " + type.getName() + " and "
								+ element.getClass().getName() + ": make them one type");
			}
			type = (element != null) ? element.getClass() : type;
		}
		if (type == null) {
			return PostgresConnections
				.untyped("{" + String.join(",", Collections.nCopies(collection.size(), "NULL")) + "}");
		}
		Object array = Array.newInstance(type, collection.size());
		int index = 0;
		for (Object element : collection) {
			Array.set(array, index++, element);
		}
		return array;
	}

	/**
	 * The server would refuse the one, and the driver would send a question mark instead
	 * of the other.
	 */
	private static void check(String label, @Nullable Object value) {
		if (value instanceof Parameter parameter) {
			check(label, parameter.getValue());
		}
		else if (value instanceof Object[] elements) {
			for (Object element : elements) {
				check(label, element);
			}
		}
		else if (value instanceof CharSequence text) {
			check(label, text);
		}
		else if (value instanceof Character character) {
			check(label, character.toString());
		}
	}

	private static void check(String label, CharSequence text) {
		for (int i = 0; i < text.length(); i++) {
			char c = text.charAt(i);
			if (c == 0) {
				throw new InvalidDataAccessApiUsageException("Parameter " + label + " has a NUL character at index " + i
						+ ", which no text of PostgreSQL's can hold:" + " remove it, or bind bytes for bytea");
			}
			if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
				i++;
			}
			else if (Character.isSurrogate(c)) {
				throw new InvalidDataAccessApiUsageException(
						"Parameter " + label + " is not valid Unicode: an unpaired surrogate at index " + i);
			}
		}
	}

	@Override
	public String toString() {
		return new TreeMap<>(this.values).keySet().toString();
	}

}
