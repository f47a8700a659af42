package io.trunkline.schema;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

import io.r2dbc.spi.Readable;
import org.jspecify.annotations.Nullable;

/**
 * A row of a statement of {@link CatalogSql}.
 *
 * @param part what it is about, such as {@code column}
 * @param id the oid of the relation, type or function it belongs to
 * @param fields the rest as text, in an order that each part has for itself
 */
record CatalogRow(String part, long id, @Nullable String[] fields) {

	static CatalogRow from(Readable row) {
		return new CatalogRow(row.get("part", String.class), row.get("id", Long.class),
				row.get("fields", String[].class));
	}

	@Nullable String optional(int index) {
		return this.fields[index];
	}

	String text(int index) {
		return Objects.requireNonNull(this.fields[index],
				() -> "no field %d in the %s of %d".formatted(index, this.part, this.id));
	}

	int number(int index) {
		return Integer.parseInt(text(index));
	}

	boolean flag(int index) {
		return "true".equals(this.fields[index]);
	}

	/**
	 * Return a one-letter code of the catalogue; a space stands for none.
	 */
	char code(int index) {
		String code = this.fields[index];
		return (code == null || code.isEmpty()) ? ' ' : code.charAt(0);
	}

	/**
	 * Return numbers that are divided by commas.
	 */
	List<Integer> numbers(int index) {
		String text = this.fields[index];
		if (text == null || text.isEmpty()) {
			return List.of();
		}
		List<Integer> numbers = new ArrayList<>();
		for (String number : text.split(",")) {
			numbers.add(Integer.valueOf(number));
		}
		return numbers;
	}

	/**
	 * Return the fields from an index on; none is null unless the part allows it.
	 */
	List<@Nullable String> tail(int from) {
		return Arrays.asList(this.fields).subList(from, this.fields.length);
	}

}
