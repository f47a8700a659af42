package io.trunkline.largeobject.web;

import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.http.ContentDisposition;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link ContentDispositionHeader}.
 */
class ContentDispositionHeaderTests {

	@Test
	void keepsAPlainNameAsItIs() {
		assertThat(ContentDispositionHeader.format(false, "a plain name (1).txt"))
			.isEqualTo("attachment; filename=\"a plain name (1).txt\"");
		assertThat(ContentDispositionHeader.format(true, "x.pdf")).isEqualTo("inline; filename=\"x.pdf\"");
	}

	@Test
	void doesWithoutAName() {
		assertThat(ContentDispositionHeader.format(false, null)).isEqualTo("attachment");
		assertThat(ContentDispositionHeader.format(true, "  ")).isEqualTo("inline");
	}

	@Test
	void encodesCharactersOutsideAscii() {
		assertThat(ContentDispositionHeader.format(false, "Grüße €\uD83D\uDE00.txt")).isEqualTo(
				"attachment; filename=\"Gr__e __.txt\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%E2%82%AC%F0%9F%98%80.txt");
	}

	@Test
	void keepsQuotesAndPercentSignsOutOfThePlainParameter() {
		assertThat(ContentDispositionHeader.format(false, "a\"b; x=%41.txt"))
			.isEqualTo("attachment; filename=\"a_b; x=_41.txt\"; filename*=UTF-8''a%22b%3B%20x%3D%2541.txt");
	}

	@ParameterizedTest
	@ValueSource(strings = { "a\r\nSet-Cookie: x=1", "a\nb", "a\u0000b", "a\u007Fb", "a\u0085b", "a\u2028b",
			"exe.\u202Egpj", "\uD800lone", "../../etc/passwd", "..\\..\\x", "\u200F", "..", ".", "tab\there" })
	void letsNothingThroughThatIsNotForAHeaderOrAFileName(String name) {
		String value = ContentDispositionHeader.format(false, name);
		assertThat(value).matches("[\\x20-\\x7E]+").doesNotContain("/", "\\");
		String read = read(value);
		assertThat(read).isNotEqualTo(".").isNotEqualTo("..");
		assertThat(read.codePoints()).noneMatch((each) -> Character.isISOControl(each)
				|| Character.getType(each) == Character.FORMAT || each == '/' || each == '\\');
	}

	@Test
	void shortensALongNameAndKeepsItsExtension() {
		String read = read(ContentDispositionHeader.format(false, "\uD83D\uDE00".repeat(1000) + ".tar"));
		assertThat(read).endsWith("\uD83D\uDE00.tar");
		assertThat(read.codePointCount(0, read.length())).isEqualTo(255);
	}

	@Test
	void isReadBackByAParser() {
		String name = "Zażółć \"gęślą\" jaźń %20 'x'; filename=y.bin";
		assertThat(read(ContentDispositionHeader.format(false, name))).isEqualTo(name);
	}

	private static String read(String value) {
		return Objects.requireNonNull(ContentDisposition.parse(value).getFilename());
	}

}
