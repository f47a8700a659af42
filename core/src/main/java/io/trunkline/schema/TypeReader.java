package io.trunkline.schema;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.trunkline.schema.TypeInfo.Attribute;
import io.trunkline.schema.TypeInfo.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Puts together types, each after those that it is made of.
 */
final class TypeReader {

	private final Map<Long, CatalogRow> rows = new HashMap<>();

	private final Map<Long, TypeInfo> types = new HashMap<>();

	void add(CatalogRow row) {
		this.rows.put(row.id(), row);
	}

	boolean has(long oid) {
		return this.rows.containsKey(oid);
	}

	/**
	 * Return a type; the server sees to it that none is made of itself.
	 */
	TypeInfo type(long oid) {
		TypeInfo known = this.types.get(oid);
		if (known != null) {
			return known;
		}
		TypeInfo type = build(row(oid));
		this.types.put(oid, type);
		return type;
	}

	private CatalogRow row(long oid) {
		return Objects.requireNonNull(this.rows.get(oid), () -> "type %d was not read".formatted(oid));
	}

	private TypeInfo build(CatalogRow row) {
		Kind kind = kind(row);
		String element = row.optional(4);
		return new TypeInfo(row.id(), row.text(0), row.text(1), kind,
				(element != null) ? type(Long.parseLong(element)) : null, row.code(5),
				(kind == Kind.COMPOSITE) ? attributes(row.tail(7)) : List.of(),
				(kind == Kind.ENUM) ? row.tail(7).stream().map(Objects::requireNonNull).toList() : List.of());
	}

	private List<Attribute> attributes(List<@Nullable String> fields) {
		List<Attribute> attributes = new ArrayList<>(fields.size() / 2);
		for (int i = 0; i < fields.size(); i += 2) {
			attributes.add(new Attribute(Objects.requireNonNull(fields.get(i)),
					type(Long.parseLong(Objects.requireNonNull(fields.get(i + 1))))));
		}
		return attributes;
	}

	/**
	 * Add the versions of a type and all that it is made of.
	 */
	void versions(TypeInfo type, Map<Long, String> versions) {
		String version = row(type.oid()).optional(6);
		if (version != null) {
			versions.put(type.oid(), version);
		}
		if (type.element() != null) {
			versions(type.element(), versions);
		}
		type.attributes().forEach((attribute) -> versions(attribute.type(), versions));
	}

	private static Kind kind(CatalogRow row) {
		if (row.flag(3)) {
			return Kind.ARRAY;
		}
		return switch (row.code(2)) {
			case 'e' -> Kind.ENUM;
			case 'd' -> Kind.DOMAIN;
			case 'c' -> Kind.COMPOSITE;
			case 'r' -> Kind.RANGE;
			case 'm' -> Kind.MULTIRANGE;
			case 'p' -> Kind.PSEUDO;
			default -> Kind.BASE;
		};
	}

}
