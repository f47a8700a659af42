package io.trunkline.connection;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class SqlIdentifiersTests {

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', textBlock = """
			users,        "users"
			User Names,   "User Names"
			select,       "select"
			a"b,          "a""b"
			",            \"""\"
			a.b,          "a.b"
			a';--,        "a';--"
			größe_表_🐘,  "größe_表_🐘"
			""")
	void quotesAnyName(String name, String quoted) {
		assertThat(SqlIdentifiers.quote(name)).isEqualTo(quoted);
	}

	@Test
	void quotesEachPartOfAQualifiedName() {
		assertThat(SqlIdentifiers.quoteQualified("My App", "a\"b")).isEqualTo("\"My App\".\"a\"\"b\"");
		assertThat(SqlIdentifiers.quoteQualified(null, "users")).isEqualTo("\"users\"");
	}

	@Test
	void acceptsSixtyThreeBytesAndRefusesSixtyFour() {
		assertThat(SqlIdentifiers.quote("a".repeat(63))).hasSize(65);
		assertThat(SqlIdentifiers.quote("é".repeat(31) + "a")).hasSize(34);
		assertThatIllegalArgumentException().isThrownBy(() -> SqlIdentifiers.quote("a".repeat(64)))
			.withMessage("'name' [%s…] has 64 bytes in UTF-8 and PostgreSQL would cut it off after 63: "
				.formatted("a".repeat(40)) + "use a shorter name");
		assertThatIllegalArgumentException().isThrownBy(() -> SqlIdentifiers.quote("é".repeat(32)))
			.withMessageContaining("64 bytes")
			.withMessageContaining("é".repeat(32));
	}

	@Test
	@SuppressWarnings("NullAway")
	void refusesWhatIsNoName() {
		assertThatIllegalArgumentException().isThrownBy(() -> SqlIdentifiers.quote(null))
			.withMessageContaining("'name' must not be null");
		assertThatIllegalArgumentException().isThrownBy(() -> SqlIdentifiers.quote(""))
			.withMessageContaining("'name' must not be empty");
		assertThatIllegalArgumentException().isThrownBy(() -> SqlIdentifiers.quote("a\0b"))
			.withMessageContaining("[a\uFFFDb]")
			.withMessageContaining("NUL");
		assertThatIllegalArgumentException().isThrownBy(() -> SqlIdentifiers.quote("a\uD83D"))
			.withMessageContaining("not valid Unicode");
	}

	@Test
	void namesTheParameterThatWasRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> SqlIdentifiers.quoteQualified("", "users"))
			.withMessageContaining("'schema'");
		assertThatIllegalArgumentException().isThrownBy(() -> SqlIdentifiers.quote("", "column"))
			.withMessageContaining("'column'");
	}

}
