package io.trunkline.sample.tables;

import java.util.ArrayList;
import java.util.List;

import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/**
 * Reads what a parameter lists with commas. A part that holds a comma or begins with a
 * double quote stands in double quotes, and those inside are doubled.
 */
final class NameList {

	private NameList() {
	}

	/**
	 * Divide a list.
	 * @param text the list, which may be empty
	 * @param parameter what holds it
	 */
	static List<Part> parse(String text, String parameter) {
		List<Part> parts = new ArrayList<>();
		int position = 0;
		while (position <= text.length() && !text.isEmpty()) {
			int nameEnd = nameEnd(text, position, parameter);
			int comma = text.indexOf(',', nameEnd);
			int end = (comma >= 0) ? comma : text.length();
			boolean quoted = text.startsWith("\"", position);
			parts.add(quoted ? new Part(unquoted(text.substring(position, nameEnd)), text.substring(nameEnd, end))
					: new Part(text.substring(position, end), ""));
			position = end + 1;
		}
		return parts;
	}

	static List<String> names(String text, String parameter) {
		return parse(text, parameter).stream().map((part) -> {
			if (!part.rest().isEmpty()) {
				throw refused(parameter, "goes on after a closing double quote with '" + part.rest() + "'");
			}
			return part.name();
		}).toList();
	}

	/**
	 * Return a name that may stand in double quotes.
	 */
	static String name(String text) {
		boolean quoted = text.length() > 1 && text.startsWith("\"") && text.endsWith("\"");
		return quoted ? unquoted(text) : text;
	}

	private static int nameEnd(String text, int from, String parameter) {
		if (!text.startsWith("\"", from)) {
			return from;
		}
		int quote = text.indexOf('"', from + 1);
		while (quote >= 0 && text.startsWith("\"", quote + 1)) {
			quote = text.indexOf('"', quote + 2);
		}
		if (quote < 0) {
			throw refused(parameter, "has a double quote that is not closed");
		}
		return quote + 1;
	}

	private static String unquoted(String quoted) {
		return quoted.substring(1, quoted.length() - 1).replace("\"\"", "\"");
	}

	private static ResponseStatusException refused(String parameter, String problem) {
		return new ResponseStatusException(HttpStatus.BAD_REQUEST, "The parameter '" + parameter + "' " + problem);
	}

	/**
	 * A part of a list.
	 *
	 * @param name the name; all of the part where it is not in quotes
	 * @param rest what follows a name in quotes
	 */
	record Part(String name, String rest) {
	}

}
