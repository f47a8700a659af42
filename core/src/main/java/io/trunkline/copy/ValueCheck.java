package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.stream.Collectors;

import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Kind;

/**
 * Tells values that the server is certain to take for a type from those that it has to
 * judge. Each check is strict: a wrong "yes" would fail a whole load.
 */
interface ValueCheck {

	/** What the server has to judge always. */
	ValueCheck NEVER = (bytes, from, to) -> false;

	/** Any text; it is known to be valid UTF-8. */
	ValueCheck ANY = (bytes, from, to) -> true;

	/**
	 * Return whether a value is certain to be taken.
	 * @param bytes holds the value in UTF-8, without escapes
	 * @param from where it begins
	 * @param to where it ends
	 */
	boolean accepts(byte[] bytes, int from, int to);

	/**
	 * Return the check of a type.
	 * @param type the type; a domain has rules of its own that only the server knows
	 * @param modifier the type modifier, -1 for none
	 */
	static ValueCheck of(TypeInfo type, int modifier) {
		if (type.kind() == Kind.ENUM) {
			Set<String> labels = type.labels().stream().collect(Collectors.toUnmodifiableSet());
			return (bytes, from, to) -> labels.contains(new String(bytes, from, to - from, StandardCharsets.UTF_8));
		}
		TypeInfo element = PlainArray.element(type);
		if (element != null) {
			return PlainArray.check(of(element, modifier));
		}
		if (type.kind() != Kind.BASE || !type.schema().equals("pg_catalog")) {
			return NEVER;
		}
		return switch (type.name()) {
			case "int2" -> (bytes, from, to) -> NumberChecks.isInteger(bytes, from, to, 4);
			case "int4" -> (bytes, from, to) -> NumberChecks.isInteger(bytes, from, to, 9);
			case "int8" -> (bytes, from, to) -> NumberChecks.isInteger(bytes, from, to, 18);
			case "float4" -> (bytes, from, to) -> NumberChecks.isDecimal(bytes, from, to, 20, 15);
			case "float8" -> (bytes, from, to) -> NumberChecks.isFloat(bytes, from, to);
			case "numeric" -> NumberChecks.numeric(modifier);
			case "text" -> ANY;
			case "varchar", "bpchar" -> (modifier < 0) ? ANY : shorterThan(modifier - 4);
			case "bool" -> (bytes, from, to) -> to - from == 1 && "tf10".indexOf(bytes[from]) >= 0
					|| is(bytes, from, to, "true") || is(bytes, from, to, "false");
			case "uuid" -> ValueCheck::isUuid;
			case "date" -> TemporalChecks::isDate;
			case "time" -> TemporalChecks::isTime;
			case "timestamp" -> TemporalChecks::isTimestamp;
			case "timestamptz" -> TemporalChecks::isZonedTimestamp;
			case "json", "jsonb" -> (bytes, from, to) -> new JsonText(bytes, from, to).isPlain();
			default -> NEVER;
		};
	}

	private static ValueCheck shorterThan(int characters) {
		return (bytes, from, to) -> to - from <= characters || count(bytes, from, to) <= characters;
	}

	private static int count(byte[] bytes, int from, int to) {
		int count = 0;
		for (int i = from; i < to; i++) {
			if ((bytes[i] & 0xC0) != 0x80) {
				count++;
			}
		}
		return count;
	}

	private static boolean is(byte[] bytes, int from, int to, String word) {
		if (to - from != word.length()) {
			return false;
		}
		for (int i = 0; i < word.length(); i++) {
			if (bytes[from + i] != word.charAt(i)) {
				return false;
			}
		}
		return true;
	}

	private static boolean isUuid(byte[] bytes, int from, int to) {
		if (to - from != 36) {
			return false;
		}
		for (int i = 0; i < 36; i++) {
			byte b = bytes[from + i];
			boolean hyphen = i == 8 || i == 13 || i == 18 || i == 23;
			if (hyphen ? b != '-' : Character.digit(b, 16) < 0) {
				return false;
			}
		}
		return true;
	}

}
