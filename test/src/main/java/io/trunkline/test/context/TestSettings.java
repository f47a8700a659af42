package io.trunkline.test.context;

import java.time.Duration;
import java.util.Locale;

import io.trunkline.test.session.SessionOptions;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.Environment;

/**
 * The properties of {@code trunkline.test}.
 *
 * @param waitTimeout how long a statement or a transaction waits for the others
 * @param endTimeout how long the end of the test waits for what still runs
 * @param logSql when the SQL of a test is printed
 * @param keepFailedDatabase whether the database of a failed test stays
 */
record TestSettings(Duration waitTimeout, Duration endTimeout, LogSql logSql, boolean keepFailedDatabase) {

	static TestSettings of(Environment environment) {
		String prefix = "trunkline.test.";
		return new TestSettings(
				duration(environment.getProperty(prefix + "wait-timeout"), SessionOptions.DEFAULT.waitTimeout()),
				duration(environment.getProperty(prefix + "end-timeout"), SessionOptions.DEFAULT.endTimeout()),
				LogSql.of(environment.getProperty(prefix + "log-sql")),
				environment.getProperty(prefix + "keep-failed-database", Boolean.class, false));
	}

	private static Duration duration(@Nullable String value, Duration fallback) {
		if (value == null) {
			return fallback;
		}
		String text = value.strip().toLowerCase(Locale.ROOT);
		if (text.matches("\\d+(ms)?")) {
			return Duration.ofMillis(Long.parseLong(text.replace("ms", "")));
		}
		return Duration.parse(text.startsWith("p") ? text : "PT" + text);
	}

	/**
	 * When the SQL of a test is printed.
	 */
	enum LogSql {

		NEVER, ON_FAILURE, ALWAYS;

		static LogSql of(@Nullable String value) {
			return (value != null) ? valueOf(value.strip().toUpperCase(Locale.ROOT).replace('-', '_')) : NEVER;
		}

		boolean applies(boolean failed) {
			return this == ALWAYS || this == ON_FAILURE && failed;
		}

	}

}
