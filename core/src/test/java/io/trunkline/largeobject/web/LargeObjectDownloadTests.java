package io.trunkline.largeobject.web;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.http.MediaType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests of {@link LargeObjectDownload}.
 */
class LargeObjectDownloadTests {

	private final LargeObjectDownload download = LargeObjectDownload.of(1);

	@Test
	void isADownloadOfBytesUnlessToldOtherwise() {
		assertThat(this.download.isInline()).isFalse();
		assertThat(this.download.inline().isInline()).isTrue();
		assertThat(this.download.inline().attachment().isInline()).isFalse();
		assertThat(this.download.contentType()).isEqualTo(MediaType.APPLICATION_OCTET_STREAM);
		assertThat(this.download.eTag()).isNull();
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', textBlock = """
			v1, "v1"
			"v1", "v1"
			W/"v1", W/"v1"
			""")
	void quotesAnETagWhereItIsNot(String given, String sent) {
		assertThat(this.download.withETag(given).eTag()).hasToString(sent);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "\"\"", "W/\"\"", "a b", "a\"b", "a\r\nb", "ü" })
	void refusesAnETagThatCannotBeSent(String eTag) {
		assertThatIllegalArgumentException().isThrownBy(() -> this.download.withETag(eTag))
			.withMessageContaining("'eTag'");
	}

	@ParameterizedTest
	@ValueSource(longs = { -1, 0, 0x1_0000_0000L })
	void refusesAnOidThatIsNone(long oid) {
		assertThatIllegalArgumentException().isThrownBy(() -> LargeObjectDownload.of(oid))
			.withMessageContaining("" + oid);
	}

	@Test
	void refusesANegativeSizeAndAMediaRange() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.download.withSize(-1));
		assertThatIllegalArgumentException().isThrownBy(() -> this.download.withContentType(MediaType.ALL));
	}

}
