package io.trunkline.copy;

import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.UUID;

import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Kind;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.TypeMismatchDataAccessException;

/**
 * Converts the values of one column. Values travel as text that the server casts to the
 * column's type, and back as what the driver reads by itself, as text, or in the type's
 * binary form.
 *
 * @since 0.1.0
 */
public final class ColumnCodec {

	private final RowColumn column;

	private final TypeInfo type;

	private final TypeCodec codec;

	private final ValueConversions conversions;

	private final @Nullable JsonValues json;

	private final String cast;

	private final Form form;

	private final Class<?> driverType;

	ColumnCodec(RowColumn column, TypeCodec codec, ValueConversions conversions, @Nullable JsonValues json) {
		this.column = column;
		this.type = column.type().withoutDomains();
		this.codec = codec;
		this.conversions = conversions;
		this.json = json;
		this.cast = SqlIdentifiers.quoteQualified(this.type.schema(), this.type.name());
		Class<?> direct = isSystem() ? directType(this.type.name()) : null;
		this.driverType = (direct != null) ? direct : String.class;
		this.form = (direct != null) ? Form.DIRECT
				: column.isJson() ? Form.JSON : (codec.isBinary() && sendFunction() != null) ? Form.BINARY : Form.TEXT;
	}

	private boolean isSystem() {
		return "pg_catalog".equals(this.type.schema()) && this.type.kind() == Kind.BASE;
	}

	private static @Nullable Class<?> directType(String name) {
		return switch (name) {
			case "bool" -> Boolean.class;
			case "int2" -> Short.class;
			case "int4" -> Integer.class;
			case "int8" -> Long.class;
			case "float4" -> Float.class;
			case "float8" -> Double.class;
			case "text", "varchar", "bpchar", "name" -> String.class;
			case "uuid" -> UUID.class;
			case "bytea" -> byte[].class;
			default -> null;
		};
	}

	/**
	 * Return the function that makes the binary form, {@code null} where text does as
	 * well.
	 */
	private @Nullable String sendFunction() {
		return switch (this.type.kind()) {
			case ARRAY -> "pg_catalog.array_send";
			case RANGE -> "pg_catalog.range_send";
			case MULTIRANGE -> "pg_catalog.multirange_send";
			case COMPOSITE -> "pg_catalog.record_send";
			case BASE -> baseSendFunction();
			default -> null;
		};
	}

	private @Nullable String baseSendFunction() {
		String name = this.type.name();
		if (!isSystem()) {
			return (this.codec instanceof StringCodec) ? null
					: SqlIdentifiers.quoteQualified(this.type.schema(), name + "_send");
		}
		return switch (name) {
			case "char", "xml" -> null;
			case "oid" -> "pg_catalog.oidsend";
			case "polygon" -> "pg_catalog.poly_send";
			default -> "pg_catalog." + name.toLowerCase(Locale.ROOT) + "_send";
		};
	}

	/**
	 * Return the type to cast a parameter to, quoted and without modifiers: those are for
	 * the assignment, which does not cut values off.
	 */
	public String castType() {
		return this.cast;
	}

	/**
	 * Whether the column holds arrays.
	 */
	public boolean isArray() {
		return this.type.kind() == Kind.ARRAY;
	}

	/**
	 * Whether the column holds text, as which it needs no cast.
	 */
	public boolean isText() {
		return this.form == Form.DIRECT && this.driverType == String.class;
	}

	/**
	 * Whether the column is {@code json}, which knows no equality.
	 */
	public boolean isPlainJson() {
		return this.column.isJson() && this.type.name().equals("json");
	}

	/**
	 * Return the class of values that can be sent in the column's own type, where no cast
	 * from text is needed.
	 * @return the class, {@code null} for types that are sent as text
	 */
	public @Nullable Class<?> parameterType() {
		boolean own = this.form == Form.DIRECT && (Number.class.isAssignableFrom(this.driverType)
				|| this.driverType == Boolean.class || this.driverType == UUID.class);
		return own ? this.driverType : null;
	}

	/**
	 * Return a value as one of the {@link #parameterType}.
	 * @param value the value
	 * @return an equal one of that class, {@code null} where there is none
	 * @throws DataIntegrityViolationException when a converter of the application fails
	 */
	public @Nullable Object toParameter(Object value) {
		Class<?> type = parameterType();
		if (type == null) {
			return null;
		}
		Object converted;
		try {
			converted = this.conversions.toDatabase(value);
		}
		catch (RuntimeException ex) {
			throw misfit(value, ex);
		}
		return type.isInstance(converted) ? converted : integer(converted, type);
	}

	private static @Nullable Object integer(Object value, Class<?> type) {
		if (!(value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte)) {
			return null;
		}
		long number = ((Number) value).longValue();
		if (type == Long.class) {
			return number;
		}
		if (type == Integer.class && number == (int) number) {
			return (int) number;
		}
		return (type == Short.class && number == (short) number) ? (short) number : null;
	}

	/**
	 * Write a value as text that the type's input function takes.
	 * @param value the value
	 * @return the text
	 * @throws DataIntegrityViolationException when the value does not fit; the message
	 * tells the column, its type and the value's class, not the value
	 */
	public String toText(Object value) {
		String text = (value instanceof String string && isText()) ? string : print(value);
		if (text.indexOf('\0') >= 0) {
			throw misfit(value,
					new MisfitException("it contains the character U+0000 (NUL), which no value can hold: remove it"));
		}
		if (!isEncodable(text)) {
			throw misfit(value, new MisfitException("it is not valid Unicode (an unpaired surrogate): correct it"));
		}
		return text;
	}

	private String print(Object value) {
		try {
			StringBuilder out = new StringBuilder();
			this.codec.print(this.conversions.toDatabase(value), out);
			return out.toString();
		}
		catch (RuntimeException ex) {
			throw misfit(value, ex);
		}
	}

	private static boolean isEncodable(String text) {
		for (int i = 0; i < text.length(); i++) {
			if (Character.isSurrogate(text.charAt(i))) {
				CharsetEncoder encoder = StandardCharsets.UTF_8.newEncoder();
				return encoder.canEncode(text);
			}
		}
		return true;
	}

	@SuppressWarnings("NullAway") // the cause would tell the value
	private DataIntegrityViolationException misfit(Object value, RuntimeException cause) {
		return new DataIntegrityViolationException(FieldException.of(this.column, value, cause).describeWithColumn(),
				null);
	}

	/**
	 * Return the expression that selects the column in the form that {@link #read} takes.
	 * @param reference the column, quoted
	 */
	public String selected(String reference) {
		return switch (this.form) {
			case DIRECT -> reference;
			case TEXT, JSON -> reference + "::pg_catalog.text";
			case BINARY -> sendFunction() + "(" + reference + ")";
		};
	}

	/**
	 * Read a value.
	 * @param row the row
	 * @param index where in the row
	 * @return the value in the natural Java type, {@code null} for NULL
	 * @throws TypeMismatchDataAccessException when it cannot be read; the message does
	 * not tell the value
	 */
	public @Nullable Object read(Readable row, int index) {
		try {
			return switch (this.form) {
				case DIRECT, TEXT -> row.get(index, this.driverType);
				case JSON -> json(row.get(index, String.class));
				case BINARY -> decode(row.get(index, byte[].class));
			};
		}
		catch (MisfitException ex) {
			throw new TypeMismatchDataAccessException(
					"Column \"" + this.column.name() + "\" of type " + this.type.name() + ": " + ex.reason());
		}
	}

	private @Nullable Object json(@Nullable String text) {
		if (text == null) {
			return null;
		}
		return (this.json != null) ? this.json.read(text, Object.class) : Json.of(text);
	}

	private @Nullable Object decode(byte @Nullable [] data) {
		return (data != null) ? this.codec.decode(data, 0, data.length) : null;
	}

	private enum Form {

		DIRECT, TEXT, JSON, BINARY

	}

}
