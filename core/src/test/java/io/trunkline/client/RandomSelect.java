package io.trunkline.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A statement out of all that PostgreSQL lets one write, of which the result is known.
 */
final class RandomSelect {

	private static final String[] WORDS = { ":no", "$1", "$x$", "'", "\"", "--", "/*", "*/", "::", "[1:2]", ";", "\\",
			"ü", "?", " ", "a", "E'" };

	private final Random random;

	private final List<String> parts = new ArrayList<>();

	private final StringBuilder result = new StringBuilder();

	private final Map<String, Object> values = new LinkedHashMap<>();

	private final String end;

	RandomSelect(Random random) {
		this.random = random;
		this.end = random.nextBoolean() ? "; -- the ':end" : "";
		for (int count = 1 + random.nextInt(8); count > 0; count--) {
			part();
		}
		parameter();
	}

	String sql() {
		return "SELECT concat(" + String.join(", ", this.parts) + ") FROM (SELECT 'q' AS \"q:u\"\"$1\") AS t"
				+ this.end;
	}

	String result() {
		return this.result.toString();
	}

	Map<String, Object> values() {
		return this.values;
	}

	private void part() {
		String text = text();
		switch (this.random.nextInt(11)) {
			case 0 -> add("'" + text.replace("'", "''") + "'", text);
			case 1 -> add("E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'", text);
			case 2 -> add("E'" + text.replace("\\", "\\\\").replace("'", "''") + "'\n -- :c'\n 'it\\'s :no'",
					text + "it's :no");
			case 3 -> add("$tag$" + text + "$tag$", text);
			case 4 -> add("$größe$" + text + "$größe$", text);
			case 5 -> add("t.\"q:u\"\"$1\"", "q");
			case 6 -> add("/* :c /* ' */ $1 */ 7 -- \"c\r", "7");
			case 7 -> add("(ARRAY[1,2,3])[2:3]::text", "{2,3}");
			case 8 -> add("('{\"a\": 1}'::jsonb ? 'a')::int", "1");
			case 9 -> add("extract(hour FROM make_interval(hours :=6 & 3))", "2");
			default -> parameter();
		}
	}

	private void parameter() {
		String name = List.of("a", "b", "Name", "größe").get(this.random.nextInt(4));
		String value = (String) this.values.computeIfAbsent(name, (key) -> text());
		add(":" + name + "::text", value);
	}

	private void add(String sql, String value) {
		this.parts.add(sql + " ");
		this.result.append(value);
	}

	private String text() {
		StringBuilder text = new StringBuilder();
		for (int count = this.random.nextInt(6); count > 0; count--) {
			text.append(WORDS[this.random.nextInt(WORDS.length)]);
		}
		return text.toString();
	}

}
