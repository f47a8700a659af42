package io.trunkline.schema;

import java.util.Random;

import io.trunkline.connection.SqlIdentifiers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class TableNameTests {

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', nullValues = "NULL",
			value = { "orders,NULL,orders", "Orders,NULL,Orders", "sales.orders,sales,orders", "a b.c'd,a b,c'd",
					"\"a.b\".c,a.b,c", "sales.\"2026.orders\",sales,2026.orders", "\"say \"\"hi\"\"\",NULL,say \"hi\"",
					"a\"b.c,a\"b,c", "заказы.строки,заказы,строки" })
	void parsesLiterallyAndWithQuotes(String text, String schema, String name) {
		assertThat(TableName.parse(text)).isEqualTo(new TableName(schema, name));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", ".", "a.", ".a", "a.b.c", "\"a", "\"a\"b", "\"\"", "a.\"b\".c", "a\0b" })
	void refusesWhatCannotBeAName(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> TableName.parse(text)).withMessageContaining("'");
	}

	@Test
	void refusesANameThatTheServerWouldCutOff() {
		assertThatIllegalArgumentException().isThrownBy(() -> TableName.parse("s." + "ё".repeat(32)))
			.withMessageContaining("64 bytes");
	}

	@Test
	void quotesBothParts() {
		assertThat(TableName.parse("s.t\"u").quoted()).isEqualTo("\"s\".\"t\"\"u\"");
		assertThat(TableName.parse("t").quoted()).isEqualTo("\"t\"");
	}

	@Test
	void printsWhatParsesToTheSame() {
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		for (int i = 0; i < 10_000; i++) {
			TableName name = new TableName(random.nextBoolean() ? randomPart(random) : null, randomPart(random));
			assertThat(TableName.parse(name.toString())).as("seed %d", seed).isEqualTo(name);
		}
	}

	@Test
	void refusesOrParsesAnyText() {
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		for (int i = 0; i < 10_000; i++) {
			String text = randomPart(random);
			TableName name;
			try {
				name = TableName.parse(text);
			}
			catch (IllegalArgumentException ex) {
				continue;
			}
			String expected = (name.schema() != null)
					? SqlIdentifiers.quote(name.schema()) + "." + SqlIdentifiers.quote(name.name())
					: SqlIdentifiers.quote(name.name());
			assertThat(name.quoted()).as("seed %d", seed).isEqualTo(expected);
		}
	}

	private static String randomPart(Random random) {
		String alphabet = "ab\"'. ;-_$%ж\\\n";
		StringBuilder part = new StringBuilder();
		int length = 1 + random.nextInt(12);
		for (int i = 0; i < length; i++) {
			part.append(alphabet.charAt(random.nextInt(alphabet.length())));
		}
		return part.toString();
	}

}
