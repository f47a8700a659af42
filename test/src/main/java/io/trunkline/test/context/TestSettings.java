package io.trunkline.test.context;

import java.time.Duration;
import java.util.Locale;

import io.trunkline.test.session.SessionOptions;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.Environment;
import org.springframework.format.annotation.DurationFormat.Unit;
import org.springframework.format.datetime.standard.DurationFormatterUtils;

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
		return new TestSettings(duration(environment, prefix + "wait-timeout", SessionOptions.DEFAULT.waitTimeout()),
				duration(environment, prefix + "end-timeout", SessionOptions.DEFAULT.endTimeout()),
				LogSql.of(environment.getProperty(prefix + "log-sql")),
				environment.getProperty(prefix + "keep-failed-database", Boolean.class, false));
	}

	private static Duration duration(Environment environment, String property, Duration fallback) {
		String value = environment.getProperty(property);
		try {
			return (value != null) ? DurationFormatterUtils.detectAndParse(value.strip(), Unit.MILLIS) : fallback;
		}
		catch (RuntimeException ex) {
			throw new IllegalArgumentException("'%s' of %s is not a duration, as 10s is".formatted(value, property),
					ex);
		}
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
