package io.trunkline.copy;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is taken for a number without asking the server.
 */
class NumberChecksTests {

	private static boolean isFloat(String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		return NumberChecks.isFloat(bytes, 0, bytes.length);
	}

	@ParameterizedTest
	@ValueSource(strings = { "1", "-1.5", "1e5", "1e+5", "1e-5", "1E05", "-94796.1132485088e+05" })
	void takesAFloat(String text) {
		assertThat(isFloat(text)).isTrue();
		assertThat(Double.parseDouble(text)).isFinite();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "-", "1e", "1e+", "1e-", "1e+-5", "1e--5", "1e-+5", "1e++5", "1e5e5", "1e5.5", "1e100",
			"e5", "1f", "0x1p3", " 1", "1 ", "NaN" })
	void leavesTheRestToTheServer(String text) {
		assertThat(isFloat(text)).isFalse();
	}

}
