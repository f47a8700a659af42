package io.trunkline.copy;

import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * The three values of numeric types that have no digits, as the server spells them.
 */
final class SpecialNumber {

	private SpecialNumber() {
	}

	static @Nullable Double parse(String text) {
		if (text.isEmpty() || Character.isDigit(text.charAt(text.length() - 1))) {
			return null;
		}
		return switch (text.toLowerCase(Locale.ROOT)) {
			case "nan" -> Double.NaN;
			case "infinity", "+infinity", "inf", "+inf" -> Double.POSITIVE_INFINITY;
			case "-infinity", "-inf" -> Double.NEGATIVE_INFINITY;
			default -> null;
		};
	}

}
