package io.trunkline.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class SqlTemplateTests {

	@ParameterizedTest
	@CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
			SELECT :a, :b, :a ~ SELECT $1, $2, $1
			SELECT :a::int, x::text ~ SELECT $1::int, x::text
			SELECT f(x := :a) ~ SELECT f(x := $1)
			SELECT f(x :=:a) ~ SELECT f(x :=$1)
			SELECT v[1:2], v[lo:hi], v[1::a] ~ SELECT v[1:2], v[lo:hi], v[1::a]
			SELECT v[:a], v[1 :b], v[:a : :b], v[(:a)] ~ SELECT v[$1], v[1 $2], v[$1 : $2], v[($1)]
			SELECT ARRAY[:a,:b], ARRAY[1, :a] ~ SELECT ARRAY[$1,$2], ARRAY[1, $1]
			SELECT j ? 'a' AND j ?| :a AND j ?& :b ~ SELECT j ? 'a' AND j ?| $1 AND j ?& $2
			SELECT a && :a, 5 & :b, a @? :c ~ SELECT a && $1, 5 & $2, a @? $3
			SELECT ':a', U&':b', b':c', "d:d", ":e" , :f ~ SELECT ':a', U&':b', b':c', "d:d", ":e" , $1
			SELECT 'it''s :a', "a""b:c" ~ SELECT 'it''s :a', "a""b:c"
			SELECT '\\', :a ~ SELECT '\\', $1
			SELECT name$1, a$b$c FROM t WHERE id=:id ~ SELECT name$1, a$b$c FROM t WHERE id=$1
			SELECT /* :a /* :b */ ' */ :c ~ SELECT /* :a /* :b */ ' */ $1
			SELECT $$:a $1$$, $x$ $$ :b $x$, $ü$'$ü$, :c ~ SELECT $$:a $1$$, $x$ $$ :b $x$, '''', $1
			SELECT $1, $2, $1 ~ SELECT $1, $2, $1
			SELECT :a LIMIT :b OFFSET:c ~ SELECT $1 LIMIT $2 OFFSET$3
			SELECT :größe, :a_1 ~ SELECT $1, $2
			SELECT :a; -- the end ~ SELECT $1;
			""")
	void findsParametersAsTheServerReadsThem(String sql, String sent) {
		assertThat(SqlTemplate.parse(sql).sql()).isEqualTo(sent);
	}

	@Test
	void readsBackslashesInStringsThatKnowThem() {
		assertThat(SqlTemplate.parse("SELECT E'a\\'b :a', e'\\\\', :b").sql())
			.isEqualTo("SELECT E'a''b :a', e'\\\\', $1");
		assertThat(SqlTemplate.parse("SELECT E'a'\n -- more\n 'b\\' :a', :b").sql())
			.isEqualTo("SELECT E'a'\n -- more\n 'b'' :a', $1");
		assertThat(SqlTemplate.parse("SELECT E'a' , 'b\\', :b").sql()).isEqualTo("SELECT E'a' , 'b\\', $1");
	}

	@Test
	void endsACommentWhereTheServerDoes() {
		assertThat(SqlTemplate.parse("SELECT -- :a\r:b -- :c").sql()).isEqualTo("SELECT -- :a\n$1 -- :c");
	}

	@Test
	void tellsTheParametersInTheOrderOfTheirNumbers() {
		SqlTemplate named = SqlTemplate.parse("SELECT :b, :a, :b");
		assertThat(named.labels()).containsExactly(":b", ":a");
		assertThat(named.named()).isTrue();
		SqlTemplate numbered = SqlTemplate.parse("SELECT $2, $1");
		assertThat(numbered.labels()).containsExactly("$1", "$2");
		assertThat(numbered.named()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT 'open", "SELECT \"open", "SELECT /* open /* */", "SELECT $a$ open $b$",
			"SELECT E'open\\'", "SELECT $$ open" })
	void refusesWhatDoesNotEnd(String sql) {
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class).isThrownBy(() -> SqlTemplate.parse(sql))
			.withMessageMatching(".*character [89] .*")
			.withMessageContaining("does not end");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '~', textBlock = """
			SELECT :a, $1 ~ both named and numbered
			SELECT $1, $3 ~ no $2
			SELECT $0 ~ parameter $0
			SELECT $99999999999 ~ from 1 to 65535
			SELECT :a; SELECT 1 ~ Several statements
			""")
	void refusesParametersThatCannotBeTold(String sql, String problem) {
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class).isThrownBy(() -> SqlTemplate.parse(sql))
			.withMessageContaining(problem);
	}

	@Test
	void findsTheParametersOfRandomStatements() {
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		for (int i = 0; i < 20_000; i++) {
			RandomSql sql = new RandomSql(random, random.nextBoolean());
			SqlTemplate template = SqlTemplate.parse(sql.text.toString());
			assertThat(template.sql()).as("seed %d, statement %d: %s", seed, i, sql.text)
				.isEqualTo(sql.sent.toString());
			assertThat(template.labels()).as("seed %d, statement %d: %s", seed, i, sql.text).isEqualTo(sql.labels());
		}
	}

	@Test
	void takesAnyTextWithoutLosingItself() {
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		String alphabet = "'\"$:[]()/*-\\eE;?& \n\r1aü=,.@";
		for (int i = 0; i < 50_000; i++) {
			StringBuilder text = new StringBuilder();
			for (int length = random.nextInt(30); length >= 0; length--) {
				text.append(alphabet.charAt(random.nextInt(alphabet.length())));
			}
			try {
				SqlTemplate template = SqlTemplate.parse(text.toString());
				assertThat(template.labels().size()).as("seed %d: %s", seed, text).isLessThan(20);
			}
			catch (InvalidDataAccessApiUsageException ex) {
				assertThat(ex).as("seed %d: %s", seed, text).hasNoCause();
			}
		}
	}

	/**
	 * A row of fragments of which is known what comes out.
	 */
	private static final class RandomSql {

		private static final String NOISE = ":no $1 $x$ ' \" -- /* :x ::y [1:2] ; \\ ü";

		private final Random random;

		private final boolean named;

		private final StringBuilder text = new StringBuilder("SELECT ");

		private final StringBuilder sent = new StringBuilder("SELECT ");

		private final List<String> names = new ArrayList<>();

		private int highest;

		RandomSql(Random random, boolean named) {
			this.random = random;
			this.named = named;
			for (int count = 1 + random.nextInt(12); count > 0; count--) {
				fragment();
				String between = List.of(" ", ", ", "\n", " + ", "\t").get(random.nextInt(5));
				add(between, between);
			}
		}

		List<String> labels() {
			List<String> labels = new ArrayList<>();
			this.names.forEach((name) -> labels.add(":" + name));
			for (int i = 1; i <= this.highest; i++) {
				labels.add("$" + i);
			}
			return labels;
		}

		private void add(String text, String sent) {
			this.text.append(text);
			this.sent.append(sent);
		}

		private void fragment() {
			switch (this.random.nextInt(12)) {
				case 0 -> same("'" + noise("").replace("'", "''") + "'");
				case 1 -> escaped();
				case 2 -> same("\"" + noise("").replace("\"", "\"\"") + "\"");
				case 3 -> same("$$" + noise("$$") + "$$");
				case 4 -> same("$t_1$" + noise("$t_1$") + "$t_1$");
				case 5 -> same("-- " + noise("\n") + "\n");
				case 6 ->
					same("/* " + noise("/*").replace("*/", "") + " /* " + noise("/*").replace("*/", "") + " */ */");
				case 7 -> same(List
					.of("x::int", "v[1:2]", "v[a:b]", "f(a := 1)", "j ?| k", "a && b", "a & b", "x$1", "1.5e3",
							"U&'\\0041 :no'", "b'101'", "::text", "<->", "@?", "e", "N':no'")
					.get(this.random.nextInt(16)));
				default -> parameter();
			}
		}

		private void same(String fragment) {
			add(fragment, fragment);
		}

		/**
		 * A quote is behind a backslash or doubled, and comes out doubled.
		 */
		private void escaped() {
			StringBuilder text = new StringBuilder();
			StringBuilder sent = new StringBuilder();
			noise("").chars().forEach((c) -> {
				if (c == '\'') {
					text.append(this.random.nextBoolean() ? "\\'" : "''");
					sent.append("''");
				}
				else {
					text.append((c == '\\') ? "\\\\" : Character.toString(c));
					sent.append((c == '\\') ? "\\\\" : Character.toString(c));
				}
			});
			add("E'" + text + "'", "E'" + sent + "'");
			// A string on the next line would go on with it.
			same(" ,");
		}

		private void parameter() {
			if (!this.named) {
				int number = (this.highest == 0 || this.random.nextBoolean()) ? ++this.highest
						: 1 + this.random.nextInt(this.highest);
				same("$" + number);
				return;
			}
			String name = List.of("a", "b", "id", "Name", "größe", "_x9").get(this.random.nextInt(6));
			if (!this.names.contains(name)) {
				this.names.add(name);
			}
			add(":" + name, "$" + (this.names.indexOf(name) + 1));
		}

		private String noise(String without) {
			StringBuilder noise = new StringBuilder();
			String[] words = NOISE.split(" ");
			for (int count = this.random.nextInt(6); count > 0; count--) {
				noise.append(words[this.random.nextInt(words.length)]).append(this.random.nextBoolean() ? " " : "");
			}
			String text = noise.toString();
			while (!without.isEmpty() && text.contains(without)) {
				text = text.replace(without, "");
			}
			// At the end, a dollar sign would begin the quote that ends here.
			return text.endsWith("$") ? text + " " : text;
		}

	}

}
