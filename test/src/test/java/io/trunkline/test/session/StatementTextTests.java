package io.trunkline.test.session;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class StatementTextTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', ignoreLeadingAndTrailingWhitespace = false,
			value = { "SELECT 'set', a|SELECT '   ', a", "SELECT 'it''s', a|SELECT '     ', a",
					"SELECT E'it\\'s', a|SELECT E'     ', a", "SELECT date'it\\', a|SELECT date'   ', a",
					"SELECT \"a'b\", 'c'|SELECT \"a'b\", ' '", "SELECT $$a 'b$$, c|SELECT         , c",
					"SELECT $t$a $$ b$t$, c|SELECT             , c", "SELECT a$1, b$2$3|SELECT a$1, b$2$3",
					"SELECT $1, '$1'|SELECT $1, '  '", "a /* b /* c */ d */ e|a                   e",
					"a - b / c|a - b / c", "a -- b|a     ", "a 'b|a 'b", "a $$b|a    ", "a /* b|a     " })
	void codeIsWhatIsNotQuoted(String sql, String code) {
		assertThat(StatementText.code(sql)).isEqualTo(code).hasSameSizeAs(sql);
	}

}
