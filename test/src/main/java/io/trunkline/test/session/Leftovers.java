package io.trunkline.test.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import reactor.core.publisher.Mono;

/**
 * What a transaction leaves behind when it commits to a savepoint only, and a real commit
 * would not: settings that are local to it, temporary tables that it drops, and advisory
 * locks.
 */
final class Leftovers {

	private static final Pattern SETTING = Pattern.compile(
			"\\bSET\\s+LOCAL\\s+(TIME\\s+ZONE|ROLE|[\\w.]+)|\\bset_config\\s*\\(\\s*'([\\w.]+)'",
			Pattern.CASE_INSENSITIVE);

	private static final Pattern LOCK = Pattern.compile("\\bpg_(?:try_)?advisory_xact_lock(?:_shared)?\\s*\\(",
			Pattern.CASE_INSENSITIVE);

	private static final Pattern TABLE = Pattern
		.compile("\\bCREATE\\s+(?:LOCAL\\s+|GLOBAL\\s+)?TEMP(?:ORARY)?\\s+TABLE\\s+"
				+ "(?:IF\\s+NOT\\s+EXISTS\\s+)?(?:pg_temp\\s*\\.\\s*)?(\"(?:[^\"]|\"\")+\"|[\\w$]+)"
				+ "[^;]*?\\bON\\s+COMMIT\\s+(DROP|DELETE\\s+ROWS)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

	private final Map<String, String> settings = new LinkedHashMap<>();

	private final List<String> statements = new ArrayList<>();

	private final List<String> locks = new ArrayList<>();

	/**
	 * Whether a statement may leave anything behind.
	 */
	static boolean concern(String sql) {
		String text = sql.toLowerCase(Locale.ROOT);
		// Most have none of these words, and are told by that in less time.
		return (text.contains("set") || text.contains("temp") || text.contains("advisory"))
				&& (SETTING.matcher(sql).find() || TABLE.matcher(sql).find() || LOCK.matcher(sql).find());
	}

	/**
	 * Remember what a statement will leave behind, before it is sent.
	 */
	Mono<Void> remember(String sql, Wire wire) {
		if (LOCK.matcher(sql).find()) {
			this.locks.add(sql);
		}
		Matcher tables = TABLE.matcher(sql);
		while (tables.find()) {
			boolean dropped = tables.group(2).equalsIgnoreCase("DROP");
			this.statements.add((dropped ? "DROP TABLE IF EXISTS pg_temp." : "TRUNCATE pg_temp.") + tables.group(1));
		}
		Mono<Void> remembered = Mono.empty();
		Matcher names = SETTING.matcher(sql);
		while (names.find()) {
			String name = name(names);
			if (!this.settings.containsKey(name)) {
				this.settings.put(name, "");
				remembered = remembered
					.then(wire.strings("SELECT coalesce(pg_catalog.current_setting('" + name + "', true), '')")
						.doOnNext((values) -> this.settings.put(name, values.get(0)))
						.then());
			}
		}
		return remembered;
	}

	private static String name(Matcher matcher) {
		String name = (matcher.group(1) != null) ? matcher.group(1) : matcher.group(2);
		return name.matches("(?i)TIME\\s+ZONE") ? "TimeZone" : name.toLowerCase(Locale.ROOT);
	}

	/**
	 * Return the statements that took advisory locks, which nothing but the end of the
	 * real transaction gives back.
	 */
	List<String> locks() {
		return this.locks;
	}

	boolean isEmpty() {
		return this.settings.isEmpty() && this.statements.isEmpty();
	}

	/**
	 * Return the statements that undo it.
	 */
	String undo() {
		List<String> undo = new ArrayList<>(this.statements);
		this.settings.forEach((name, value) -> undo
			.add("SELECT pg_catalog.set_config('" + name + "', '" + value.replace("'", "''") + "', true)"));
		return String.join("; ", undo);
	}

}
