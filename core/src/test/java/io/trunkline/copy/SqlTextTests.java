package io.trunkline.copy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class SqlTextTests {

	private static SqlText parse(String sql) {
		return SqlText.parse(sql, "sql");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			value = { "select 1 | SELECT", "-- insert\\n/* x */ Table t | TABLE", "((values (1))) | VALUES",
					"insert into t select 1 returning * | INSERT", "(1) | ``", "/* */ 1 | ``",
					"with a as (select 1) select 2 | SELECT",
					"with a (x, y) as (select (1), 2), b as (select 3) delete from t | DELETE",
					"with a as materialized (select ')') -- ) insert\\n /* ( */ merge into t | MERGE",
					"with a as (insert into t returning 1) table a | TABLE", "with a as (select 1) (select 2) | WITH",
					"(with a as (select 1) select 2) | WITH",
					"with recursive a as (select 1) search depth first by x set y select 1 | SEARCH" })
	void knowsWhatAStatementDoes(String sql, String verb) {
		assertThat(parse(sql.replace("\\n", "\n")).verb()).isEqualTo(verb);
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT 1;", "SELECT 1; ", "SELECT 1;-- end", "SELECT 1; /* ; */\n-- it's\n" })
	void leavesOutWhatStandsBehindTheEnd(String sql) {
		assertThat(parse(sql).render((name) -> name)).isEqualTo("SELECT 1");
	}

	@Test
	void refusesASecondStatement() {
		assertThatThrownBy(() -> parse("SELECT 1; -- one\nSELECT 2"))
			.isInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("semicolon");
		assertThatThrownBy(() -> parse("SELECT 1; /* open")).hasMessageContaining("comment");
	}

	@Test
	void writesQuotesInLiteralsWithEscapesTwice() {
		assertThat(parse("SELECT E'it\\'s \\\\', :a, e'\\'', \"E'\\'\"").render((name) -> "<" + name + ">"))
			.isEqualTo("SELECT E'it''s \\\\', <a>, e'''', \"E'\\'\"");
	}

}
