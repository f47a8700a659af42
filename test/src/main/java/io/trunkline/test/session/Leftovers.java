package io.trunkline.test.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import reactor.core.publisher.Mono;

/**
 * What a transaction leaves behind when it commits to a savepoint only, and a real commit
 * would not: settings that are local to it, temporary tables that it drops, cursors, and
 * advisory locks.
 */
final class Leftovers {

	private static final String NAME = "(\"(?:[^\"]|\"\")+\"|[\\w$.]+)";

	private static final Pattern SETTING = Pattern.compile(
			"\\bSET\\s+LOCAL\\s+(?:(TIME\\s+ZONE|SESSION\\s+AUTHORIZATION|XML\\s+OPTION)\\b|" + NAME + ")",
			Pattern.CASE_INSENSITIVE);

	/** What is in quotes has been blanked. */
	private static final Pattern FUNCTION = Pattern.compile("\\bset_config\\s*\\(\\s*'( *)'\\s*,",
			Pattern.CASE_INSENSITIVE);

	private static final Pattern OF_THE_SESSION = Pattern.compile(",\\s*false\\s*\\)\\s*[^)]*$",
			Pattern.CASE_INSENSITIVE);

	private static final Pattern LOCK = Pattern.compile("\\bpg_(?:try_)?advisory_xact_lock(?:_shared)?\\s*\\(",
			Pattern.CASE_INSENSITIVE);

	private static final Pattern TABLE = Pattern
		.compile("\\bCREATE\\s+(?:LOCAL\\s+|GLOBAL\\s+)?TEMP(?:ORARY)?\\s+TABLE\\s+"
				+ "(?:IF\\s+NOT\\s+EXISTS\\s+)?(?:pg_temp\\s*\\.\\s*)?" + NAME
				+ "[^;]*?\\bON\\s+COMMIT\\s+(DROP|DELETE\\s+ROWS)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

	private static final Pattern CURSOR = Pattern.compile(
			"\\bDECLARE\\s+" + NAME
					+ "\\s+(?:(?:BINARY|ASENSITIVE|INSENSITIVE|NO|SCROLL)\\s+)*CURSOR\\b(?!\\s+WITH\\s+HOLD)",
			Pattern.CASE_INSENSITIVE);

	private static final Map<String, String> SPECIAL = Map.of("TIME ZONE", "TimeZone", "SESSION AUTHORIZATION",
			"session_authorization", "XML OPTION", "xmloption", "SCHEMA", "search_path", "NAMES", "client_encoding");

	private final Map<String, String> settings = new LinkedHashMap<>();

	private final List<String> tables = new ArrayList<>();

	private final Set<String> cursors = new LinkedHashSet<>();

	private final List<String> locks = new ArrayList<>();

	/**
	 * Whether a statement may leave anything behind.
	 */
	static boolean concern(String sql) {
		String text = sql.toLowerCase(Locale.ROOT);
		// Most have none of these words, and are told by that in less time.
		if (!text.contains("set") && !text.contains("temp") && !text.contains("advisory") && !text.contains("cursor")) {
			return false;
		}
		String code = StatementText.code(sql);
		return SETTING.matcher(code).find() || FUNCTION.matcher(code).find() || TABLE.matcher(code).find()
				|| LOCK.matcher(code).find() || CURSOR.matcher(code).find();
	}

	/**
	 * Remember what a statement will leave behind, before it is sent.
	 */
	Mono<Void> remember(String sql, Wire wire) {
		String code = StatementText.code(sql);
		if (LOCK.matcher(code).find()) {
			this.locks.add(sql);
		}
		Matcher tables = TABLE.matcher(code);
		while (tables.find()) {
			boolean dropped = tables.group(2).equalsIgnoreCase("DROP");
			this.tables.add(ifThere("pg_temp." + tables.group(1), dropped ? "DROP TABLE" : "TRUNCATE"));
		}
		Matcher cursors = CURSOR.matcher(code);
		while (cursors.find()) {
			this.cursors.add(cursors.group(1));
		}
		Mono<Void> remembered = Mono.empty();
		for (String name : settings(sql, code)) {
			if (!this.settings.containsKey(name)) {
				remembered = remembered.then(wire.strings("SELECT pg_catalog.current_setting(" + literal(name)
						+ ", true) FROM (VALUES (1)) v WHERE pg_catalog.current_setting(" + literal(name)
						+ ", true) IS NOT NULL")
					.doOnNext((values) -> remember(name, values))
					.then());
			}
		}
		return remembered;
	}

	/**
	 * One with a dot that nobody has set is made by the statement; another one that is
	 * not there makes the statement fail.
	 */
	private void remember(String name, List<String> values) {
		if (!values.isEmpty()) {
			this.settings.put(name, values.get(0));
		}
		else if (name.indexOf('.') >= 0) {
			this.settings.put(name, "");
		}
	}

	private static List<String> settings(String sql, String code) {
		List<String> names = new ArrayList<>();
		Matcher statements = SETTING.matcher(code);
		while (statements.find()) {
			names.add(name((statements.group(1) != null) ? statements.group(1) : statements.group(2)));
		}
		Matcher functions = FUNCTION.matcher(code);
		while (functions.find()) {
			if (!OF_THE_SESSION.matcher(code.substring(functions.end() - 1, endOfCall(code, functions.end()))).find()) {
				names.add(sql.substring(functions.start(1), functions.end(1)));
			}
		}
		return names;
	}

	private static int endOfCall(String code, int from) {
		int depth = 1;
		int i = from;
		while (i < code.length() && depth > 0) {
			char c = code.charAt(i++);
			depth += (c == '(') ? 1 : (c == ')') ? -1 : 0;
		}
		return i;
	}

	private static String name(String text) {
		if (text.startsWith("\"")) {
			return text.substring(1, text.length() - 1).replace("\"\"", "\"");
		}
		String special = SPECIAL.get(text.toUpperCase(Locale.ROOT).replaceAll("\\s+", " "));
		return (special != null) ? special : text.toLowerCase(Locale.ROOT);
	}

	private static String ifThere(String table, String command) {
		String sql = "BEGIN IF pg_catalog.to_regclass(" + literal(table) + ") IS NOT NULL THEN " + command + " " + table
				+ "; END IF; END";
		return "DO " + literal(sql);
	}

	private static String literal(String text) {
		return "'" + text.replace("'", "''") + "'";
	}

	/**
	 * Return the statements that took advisory locks, which nothing but the end of the
	 * real transaction gives back.
	 */
	List<String> locks() {
		return this.locks;
	}

	boolean isEmpty() {
		return this.settings.isEmpty() && this.tables.isEmpty() && this.cursors.isEmpty();
	}

	/**
	 * Return the statements that undo it: the settings first, one of which may be the
	 * role. Of the cursors those are closed that are still open.
	 */
	Mono<String> undo(Wire wire) {
		if (this.cursors.isEmpty()) {
			return Mono.just(undo(List.of()));
		}
		return wire.strings("SELECT name FROM pg_catalog.pg_cursors WHERE NOT is_holdable")
			.map((open) -> undo(this.cursors.stream().filter((name) -> open.contains(name(name))).toList()));
	}

	private String undo(List<String> cursors) {
		List<String> undo = new ArrayList<>();
		this.settings.forEach((name, value) -> undo
			.add("SELECT pg_catalog.set_config(" + literal(name) + ", " + literal(value) + ", true)"));
		cursors.forEach((name) -> undo.add("CLOSE " + name));
		undo.addAll(this.tables);
		return String.join("; ", undo);
	}

}
