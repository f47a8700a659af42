package io.trunkline.schema;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A data type of the database, with what its values are made of. Oids of built-in types
 * are the same on every server; those of extensions and of a user's own types differ from
 * database to database.
 *
 * @param oid the type's oid
 * @param schema the schema it is defined in, such as {@code pg_catalog}
 * @param name its internal name, such as {@code int4} or {@code _int4}
 * @param kind what sort of type it is
 * @param element the element of an array, the type under a domain, the subtype of a
 * range, the range of a multirange; {@code null} for the others
 * @param delimiter what divides the elements of an array of this type in text, a comma
 * for all but {@code box}
 * @param attributes the attributes of a composite type in their order, otherwise empty
 * @param labels the labels of an enum in their order, otherwise empty
 * @since 0.1.0
 */
public record TypeInfo(long oid, String schema, String name, Kind kind, @Nullable TypeInfo element, char delimiter,
		List<Attribute> attributes, List<String> labels) {

	public TypeInfo {
		attributes = List.copyOf(attributes);
		labels = List.copyOf(labels);
	}

	/**
	 * Return the type below any number of domains, or this type if it is none.
	 */
	public TypeInfo withoutDomains() {
		TypeInfo type = this;
		while (type.kind == Kind.DOMAIN && type.element != null) {
			type = type.element;
		}
		return type;
	}

	/**
	 * What sort of type it is; {@code typtype} of {@code pg_type}, with arrays apart.
	 */
	public enum Kind {

		/** A base type, such as {@code int4}, or one of an extension. */
		BASE,

		/** An array. */
		ARRAY,

		/** An enum. */
		ENUM,

		/** A domain over another type. */
		DOMAIN,

		/** A composite type, such as the row type of a table. */
		COMPOSITE,

		/** A range. */
		RANGE,

		/** A multirange. */
		MULTIRANGE,

		/** A pseudo-type, which no column can have. */
		PSEUDO

	}

	/**
	 * An attribute of a composite type.
	 *
	 * @param name its name
	 * @param type its type
	 */
	public record Attribute(String name, TypeInfo type) {
	}

}
