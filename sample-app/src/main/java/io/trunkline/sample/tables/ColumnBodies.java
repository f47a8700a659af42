package io.trunkline.sample.tables;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/**
 * Looks at the definitions of columns in a request. Those that are SQL run with the
 * rights of the application, so that they are refused unless it is configured otherwise,
 * apart from the usual defaults.
 */
@Component
class ColumnBodies {

	private static final Set<String> USUAL_DEFAULTS = Set.of("now()", "current_timestamp", "current_date",
			"gen_random_uuid()");

	private final boolean expressions;

	ColumnBodies(@Value("${sample.tables.expressions:false}") boolean expressions) {
		this.expressions = expressions;
	}

	List<Map<String, Object>> checked(List<Map<String, Object>> columns) {
		if (!this.expressions) {
			columns.stream()
				.map((column) -> column.get("options"))
				.filter(Map.class::isInstance)
				.flatMap((options) -> ((Map<?, ?>) options).entrySet().stream())
				.forEach((option) -> check(String.valueOf(option.getKey()), String.valueOf(option.getValue())));
		}
		return columns;
	}

	private static void check(String option, String value) {
		String name = option.replace("_", "").toLowerCase(Locale.ROOT);
		boolean usual = USUAL_DEFAULTS.contains(value.strip().toLowerCase(Locale.ROOT));
		if (name.equals("check") || (name.equals("defaultexpression") && !usual)) {
			throw new ResponseStatusException(HttpStatus.FORBIDDEN,
					"The option '" + option + "' is SQL, which is off; 'sample.tables.expressions=true' turns it on");
		}
	}

}
