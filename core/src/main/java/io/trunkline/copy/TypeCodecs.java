package io.trunkline.copy;

import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Kind;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ConcurrentLruCache;

/**
 * Finds the codec of a type.
 */
final class TypeCodecs {

	private static final String SYSTEM_SCHEMA = "pg_catalog";

	private static final int KEPT = 256;

	private final boolean infiniteIntervals;

	private final @Nullable JsonValues json;

	private final UnaryOperator<Object> conversion;

	private final Function<Object, @Nullable Map<String, ?>> toMap;

	/** One for each type, so that what was planned with a codec is found again by it. */
	private final ConcurrentLruCache<TypeInfo, TypeCodec> codecs = new ConcurrentLruCache<>(KEPT, this::create);

	/**
	 * Create a finder.
	 * @param majorVersion the server's major version
	 * @param json reads and writes JSON; {@code null} if the application cannot
	 * @param conversion what an application's value is converted by within another
	 * @param toMap from an object of the application to its values by column
	 */
	TypeCodecs(int majorVersion, @Nullable JsonValues json, UnaryOperator<Object> conversion,
			Function<Object, @Nullable Map<String, ?>> toMap) {
		this.infiniteIntervals = majorVersion >= 17;
		this.json = json;
		this.conversion = conversion;
		this.toMap = toMap;
	}

	/**
	 * Return the codec that reads a column: one of text where the type, or a part of it,
	 * has no known binary form, as the whole column is cast then.
	 */
	TypeCodec readingCodec(TypeInfo declared) {
		TypeCodec codec = codec(declared);
		return codec.isBinary() ? codec : StringCodec.UNKNOWN;
	}

	TypeCodec codec(TypeInfo declared) {
		return this.codecs.get(declared.withoutDomains());
	}

	private TypeCodec create(TypeInfo type) {
		return switch (type.kind()) {
			case BASE -> SYSTEM_SCHEMA.equals(type.schema()) ? builtIn(type.name()) : ofExtension(type.name());
			case ENUM -> new EnumCodec(type.labels());
			case COMPOSITE -> new CompositeCodec(type.attributes(),
					type.attributes().stream().map((attribute) -> part(attribute.type())).toList(), this.toMap);
			case ARRAY, RANGE, MULTIRANGE ->
				(type.element() != null) ? ofElements(type, type.element()) : StringCodec.UNKNOWN;
			default -> StringCodec.UNKNOWN;
		};
	}

	/**
	 * Return the codec of a type that another one consists of.
	 */
	private TypeCodec part(TypeInfo type) {
		return new PartCodec(codec(type), this.conversion);
	}

	private TypeCodec ofElements(TypeInfo type, TypeInfo element) {
		TypeCodec codec = codec(element);
		if (type.kind() == Kind.RANGE) {
			return new RangeCodec(part(element));
		}
		if (codec instanceof RangeCodec range && type.kind() == Kind.MULTIRANGE) {
			return new MultirangeCodec(range);
		}
		// Two of the system's own count as arrays, but are not written like others.
		boolean regular = type.kind() == Kind.ARRAY && !type.name().equals("int2vector")
				&& !type.name().equals("oidvector");
		return regular ? new ArrayCodec(part(element), element.oid(), element.delimiter()) : StringCodec.UNKNOWN;
	}

	private TypeCodec builtIn(String name) {
		return switch (name) {
			case "bool" -> BooleanCodec.INSTANCE;
			case "int2" -> IntegerCodec.INT2;
			case "int4" -> IntegerCodec.INT4;
			case "int8" -> IntegerCodec.INT8;
			case "oid" -> IntegerCodec.OID;
			case "float4" -> FloatCodec.FLOAT4;
			case "float8" -> FloatCodec.FLOAT8;
			case "numeric" -> NumericCodec.INSTANCE;
			case "text", "varchar", "bpchar", "name", "xml" -> StringCodec.TEXT;
			case "char" -> CharCodec.INSTANCE;
			case "bytea" -> ByteaCodec.INSTANCE;
			case "uuid" -> UuidCodec.INSTANCE;
			case "date" -> DateCodec.INSTANCE;
			case "time" -> TimeCodec.LOCAL;
			case "timetz" -> TimeCodec.ZONED;
			case "timestamp" -> TimestampCodec.LOCAL;
			case "timestamptz" -> TimestampCodec.ZONED;
			case "interval" -> this.infiniteIntervals ? IntervalCodec.INFINITE : IntervalCodec.FINITE;
			case "json" -> new JsonCodec(false, this.json);
			case "jsonb" -> new JsonCodec(true, this.json);
			case "inet" -> NetworkCodec.INET;
			case "cidr" -> NetworkCodec.CIDR;
			case "macaddr" -> MacAddressCodec.EUI48;
			case "macaddr8" -> MacAddressCodec.EUI64;
			case "bit", "varbit" -> BitCodec.INSTANCE;
			case "point" -> ShapeCodec.POINT;
			case "lseg" -> ShapeCodec.LSEG;
			case "box" -> ShapeCodec.BOX;
			case "line" -> ShapeCodec.LINE;
			case "circle" -> ShapeCodec.CIRCLE;
			case "path" -> PointsCodec.PATH;
			case "polygon" -> PointsCodec.POLYGON;
			default -> StringCodec.UNKNOWN;
		};
	}

	private TypeCodec ofExtension(String name) {
		return switch (name) {
			case "citext" -> StringCodec.TEXT;
			case "hstore" -> HstoreCodec.INSTANCE;
			case "vector" -> VectorCodec.INSTANCE;
			default -> StringCodec.UNKNOWN;
		};
	}

}
