package io.trunkline.copy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;

import io.trunkline.connection.PostgresErrors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;

class LoadRejectIntegrationTests extends BulkCopyFixture {

	private static final String ROWS = """
			CREATE TABLE parents (id int PRIMARY KEY)""";

	private static final String CHILDREN = """
			CREATE TABLE children (
			 id bigint PRIMARY KEY, parent int REFERENCES parents, code varchar(5) UNIQUE, name text NOT NULL,
			 amount numeric(6,2) CHECK (amount >= 0), ratio double precision, at timestamptz, flag boolean, day date,
			 span int4range, mood mood, positive positive)""";

	private static final int COLUMNS = 12;

	private final List<RejectedRow> expected = new ArrayList<>();

	private final ByteArrayOutputStream data = new ByteArrayOutputStream();

	private long line;

	private int good;

	private void createTables() {
		this.expected.clear();
		this.data.reset();
		this.line = 0;
		this.good = 0;
		sql(ROWS, "INSERT INTO parents SELECT generate_series(1, 50)", "CREATE TYPE mood AS ENUM ('happy', 'sad é')",
				"CREATE DOMAIN positive AS int CHECK (VALUE > 0)", CHILDREN,
				"INSERT INTO children (id, code, name) VALUES (1000000, 'taken', 'x')");
	}

	/**
	 * Write a record with its line end.
	 */
	private void write(byte[] record) {
		this.data.writeBytes(record);
		this.data.write('\n');
		this.line++;
		for (byte b : record) {
			this.line += (b == '\n') ? 1 : 0;
		}
	}

	private void write(String record) {
		write(record.getBytes(StandardCharsets.UTF_8));
	}

	private void bad(String column, String sqlState, String record) {
		this.expected.add(new RejectedRow(this.line + 1, column, "", sqlState, record));
		write(record);
	}

	private String csv(long id, String parent, String code, String name, String amount, String rest) {
		return id + "," + parent + "," + code + "," + name + "," + amount + "," + rest;
	}

	private void goodCsv(long id) {
		String name = switch (this.random.nextInt(5)) {
			case 0 -> "\"quoted, \"\"é\"\"\"";
			case 1 -> "\"two\nlines\"";
			case 2 -> "back\\slash\ttab";
			case 3 -> "日本";
			default -> "plain";
		};
		String rest = switch (this.random.nextInt(4)) {
			case 0 -> "1.5,2024-02-29 12:00:00+02,t,2024-01-01,\"[1,5)\",happy,3";
			// What the client leaves to the server.
			case 1 -> "NaN,yesterday,yes,2024-Jan-05,empty,sad é,\" 7 \"";
			case 2 -> ",,,,,,";
			default -> "-1e5,2024-02-29T12:00:00.123456Z,false,,,,";
		};
		write(csv(id, String.valueOf(1 + this.random.nextInt(50)), "c" + id, name, id % 100 + ".25", rest));
		this.good++;
	}

	private void badCsv(long id) {
		String rest = "1,,,,,,";
		switch (this.random.nextInt(20)) {
			case 0 -> bad("parent", "22P02", csv(id, "1x", "c" + id, "n", "1", rest));
			case 1 -> bad("parent", "22003", csv(id, "99999999999", "c" + id, "n", "1", rest));
			case 2 -> bad("code", "22001", csv(id, "1", "toolong", "n", "1", rest));
			case 3 -> bad("amount", "22003", csv(id, "1", "c" + id, "n", "10000", rest));
			case 4 -> bad("name", "23502", csv(id, "1", "c" + id, "", "1", rest));
			case 5 -> bad("amount", "23514", csv(id, "1", "c" + id, "n", "-1", rest));
			case 6 -> bad("parent", "23503", csv(id, "51", "c" + id, "n", "1", rest));
			case 7 -> bad("code", "23505", csv(id, "1", "taken", "n", "1", rest));
			case 8 -> bad("id", "23505", csv(1000000, "1", "c" + id, "n", "1", rest));
			case 9 -> bad("amount", "22P04", id + ",1,c,n");
			case 10 -> bad(null, "22P04", csv(id, "1", "c" + id, "n", "1", rest) + ",more");
			case 11 -> {
				this.expected.add(new RejectedRow(this.line + 1, null, "", "22021", "1,\uFFFD(,x"));
				write(new byte[] { '1', ',', (byte) 0xC3, '(', ',', 'x' });
			}
			case 12 -> bad(null, "22021", csv(id, "1", "c" + id, "n\0", "1", rest));
			case 13 -> bad("day", "22008", csv(id, "1", "c" + id, "n", "1", "1,,,2023-02-29,,,"));
			case 14 -> bad("span", "22000", csv(id, "1", "c" + id, "n", "1", "1,,,,\"[5,1)\",,"));
			case 15 -> bad("mood", "22P02", csv(id, "1", "c" + id, "n", "1", "1,,,,,angry,"));
			case 16 -> bad("positive", "23514", csv(id, "1", "c" + id, "n", "1", "1,,,,,,-4"));
			case 17 -> bad(null, "22P04", csv(id, "1", "c" + id, "\"not closed", "1", rest));
			case 18 -> {
				this.expected.add(new RejectedRow(this.line + 1, null, "", "22P04", csv(id, "1", "c", "n", "1", rest)));
				write(csv(id, "1", "c", "n", "1", rest) + "\r");
			}
			default -> bad(null, "22P04", "");
		}
		if (this.expected.get(this.expected.size() - 1).raw().isEmpty()) {
			RejectedRow last = this.expected.remove(this.expected.size() - 1);
			this.expected.add(new RejectedRow(last.line(), "parent", "", last.sqlState(), ""));
		}
	}

	private List<RejectedRow> withoutReasons(List<RejectedRow> rows) {
		return rows.stream()
			.map((row) -> new RejectedRow(row.line(), row.column(), "", row.sqlState(),
					(row.raw() != null) ? row.raw().replace('\uFFFD', '?').replace('\0', '?') : null))
			.toList();
	}

	@ParameterizedTest
	@CsvSource({ "false, false", "true, false", "false, true", "true, true" })
	void rejectsEveryKindOfBadLine(boolean transaction, boolean file, @TempDir Path directory) throws IOException {
		createTables();
		write("id,parent,code,name,amount,ratio,at,flag,day,span,mood,positive");
		int lines = 300 + this.random.nextInt(300);
		for (int id = 1; id <= lines; id++) {
			if (this.random.nextInt(6) == 0) {
				badCsv(id);
				// A quote that is not closed swallows what follows until the next quote.
				goodCsv(id + 1000);
			}
			else {
				goodCsv(id);
			}
		}
		LoadSpec spec = this.copy.load("children").format(CopyFormat.csv().header()).reject(Rejects.upTo(lines));
		Path source = Files.write(directory.resolve("children.csv"), this.data.toByteArray());
		LoadReport report = get(
				this.pool.within(transaction, file ? spec.from(source) : spec.from(content(this.data.toByteArray()))));
		assertThat(withoutReasons(report.rejects())).as("rejects, seed %d", this.seed)
			.isEqualTo(withoutReasons(this.expected));
		assertThat(report.rejected()).isEqualTo(this.expected.size());
		assertThat(report.staged()).as("staged, seed %d", this.seed).isEqualTo(this.good);
		assertThat(report.inserted()).isEqualTo(this.good);
		assertThat(count("children")).isEqualTo(this.good + 1);
		assertThat(report.rejects()).allSatisfy((row) -> assertThat(row.reason()).isNotEmpty());
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 7, 1000 })
	void rejectsTheFirstLineOfAQuoteThatIsNotClosed(int chunk) {
		String csv = "1,a,1\n2,\"not closed,1\n3,\"nor this,1\n4,b,1\n5,\"c,\"\"\n\",1\n";
		Flux<DataBuffer> source = Flux.range(0, (csv.length() + chunk - 1) / chunk)
			.concatMap((i) -> content(csv.substring(i * chunk, Math.min(csv.length(), (i + 1) * chunk))));
		LoadReport report = get(this.copy.load("items").reject(Rejects.upTo(9)).from(source));
		assertThat(report.rejects()).extracting((row) -> row.line() + " " + row.raw())
			.containsExactly("2 2,\"not closed,1", "3 3,\"nor this,1");
		assertThat(value("SELECT string_agg(items::text, ' ' ORDER BY id) FROM items"))
			.isEqualTo("(1,a,1) (4,b,1) (5,\"c,\"\"\n\",1)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "path", "resource", "gzip" })
	void readsRejectedLinesAgainFromAFile(String kind, @TempDir Path directory) throws IOException {
		StringBuilder csv = new StringBuilder("id,name,price\n");
		List<String> expected = new ArrayList<>();
		for (int i = 1; i <= 30_000; i++) {
			String record = switch (i % 1000) {
				case 1 -> i - 1 + ",\"again\nand again\",1";
				case 500 -> ",\"é" + "é".repeat(i % 3000) + "\",1";
				case 501 -> i + ",a,b,c";
				default -> i + ",\"good\none\",1";
			};
			if ((i % 1000 == 1 && i > 1) || i % 1000 == 500 || i % 1000 == 501) {
				int line = (int) csv.chars().filter((c) -> c == '\n').count() + 1;
				expected.add(line + " " + record.substring(0, Math.min(record.length(), 1200)));
			}
			csv.append(record).append('\n');
		}
		byte[] bytes = csv.toString().getBytes(StandardCharsets.UTF_8);
		Path file = directory.resolve(kind.equals("gzip") ? "items.csv.gz" : "items.csv");
		try (OutputStream out = Files.newOutputStream(file);
				OutputStream target = kind.equals("gzip") ? new GZIPOutputStream(out) : out) {
			target.write(bytes);
		}
		LoadSpec spec = this.copy.load("items")
			.columnsFromHeader()
			.reject(Rejects.upTo(1000).rawLength(1200).toTable("bad_lines"));
		LoadReport report = get(kind.equals("resource") ? spec.from(new FileSystemResource(file)) : spec.from(file));
		assertThat(report.rejected()).isEqualTo(expected.size());
		assertThat(report.inserted()).isEqualTo(30_000 - expected.size());
		assertThat(value("SELECT string_agg(line || ' ' || raw, '|' ORDER BY line) FROM bad_lines"))
			.isEqualTo(String.join("|", expected));
		LoadSpec tooMany = this.copy.load("items").columnsFromHeader().reject(Rejects.upTo(50));
		assertThat(failure(RejectLimitExceededException.class, tooMany.from(file)).getRejects())
			.allSatisfy((row) -> assertThat(row.raw()).isNotNull());
	}

	@Test
	void storesWhatCopyStores() {
		createTables();
		for (int id = 1; id <= 300; id++) {
			goodCsv(id);
		}
		get(this.copy.copyIn("children").from(content(this.data.toByteArray())));
		String stored = "SELECT md5(string_agg(c::text, ' ' ORDER BY id)) FROM children c";
		String direct = value(stored);
		sql("DELETE FROM children WHERE id < 1000000");
		get(this.copy.load("children").reject(Rejects.upTo(1)).from(content(this.data.toByteArray())));
		assertThat(value(stored)).as("rows, seed %d", this.seed).isEqualTo(direct);
	}

	@Test
	void rejectsInText() {
		String text = "1\ta\\tb\\\\\t\\N\n2\tx\n3\ty\t1x\n\\N\tn\t1\n4\ta\\.b\t1\n5\t\\xff\t1\n6\tq\\\nr\t\\x31\n7\tlast\t7\n\\.\n";
		LoadReport report = get(
				this.copy.load("items").format(CopyFormat.text()).reject(Rejects.upTo(9)).from(content(text)));
		assertThat(report.rejects()).extracting((row) -> row.line() + " " + row.column() + " " + row.sqlState())
			.containsExactly("2 price 22P04", "3 price 22P02", "4 id 23502", "5 null 22P04", "6 null 22021");
		assertThat(value("SELECT string_agg(items::text, ' ' ORDER BY id) FROM items"))
			.isEqualTo("(1,\"a\tb\\\\\",) (6,\"q\nr\",1) (7,last,7)");
	}

	@Test
	void stopsAtABadLine() {
		createTables();
		for (String bad : List.of("parent 22P02 2,x,c2,n,1,,,,,,,", "name 23502 2,1,c2,,1,,,,,,,",
				"amount 23514 2,1,c2,n,-1,,,,,,,", "parent 23503 2,77,c2,n,1,,,,,,,", "code 23505 2,1,taken,n,1,,,,,,,",
				"null 22P04 2,1,c2,n,1,,,,,,,,", "null 22021 2,1,c2,n\0,1,,,,,,,", "null 22P04 2,1,c2,\"n,1,,,,,,,",
				"day 22008 2,1,c2,n,1,,,,2023-02-30,,,", "positive 23514 2,1,c2,n,1,,,,,,,0")) {
			String[] parts = bad.split(" ", 3);
			String content = "1,1,c1,\"a\nb\",1,,,,,,,\n" + parts[2] + "\n3,1,c3,n,1,,,,,,,\n";
			DataAccessException failure = failure(DataAccessException.class,
					this.copy.load("children").merge(Merge.update()).from(content(content)));
			String column = parts[0].equals("null") ? null : parts[0];
			assertThat(CopyLocation.find(failure)).as(bad).hasValue(new CopyLocation(3, column));
			assertThat(PostgresErrors.sqlState(failure)).as(bad).hasValue(parts[1]);
			assertThat(count("children")).isOne();
		}
		this.pool.assertUsable();
	}

	@Test
	void stopsAtTheFirstLineOfTheKindThatIsLookedForFirst() {
		sql("ALTER TABLE items ADD CHECK (price > 0), ADD UNIQUE (name)", "INSERT INTO items VALUES (0, 'taken', 1)");
		List<String> kinds = List.of(",,,", ",n%d,x", "1,n%d,1", ",n%d,-1", ",taken,1");
		List<Integer> lines = IntStream.rangeClosed(2, 300).boxed().collect(Collectors.toCollection(ArrayList::new));
		Collections.shuffle(lines, this.random);
		for (boolean serverTells : new boolean[] { true, false }) {
			LoadSpec spec = this.copy.load("items")
				.merge(serverTells ? Merge.update() : Merge.ignore("id"))
				.duplicateKeys(DuplicateKeys.REJECT);
			for (int left = 0; left < kinds.size(); left++) {
				String[] csv = new String[300];
				Arrays.setAll(csv, (i) -> (i + 1) + ",n" + (i + 1) + ",1");
				int first = Integer.MAX_VALUE;
				for (int i = 0; i < 3 * kinds.size(); i++) {
					int line = lines.get(i);
					int kind = i % kinds.size();
					String bad = kinds.get(kind).formatted(line);
					if (kind >= left) {
						csv[line - 1] = bad.startsWith(",") ? line + bad : bad;
						first = (kind == left || (left == 3 && kind == 4)) ? Math.min(first, line) : first;
					}
				}
				DataAccessException failure = failure(DataAccessException.class,
						spec.from(content(String.join("\n", csv))));
				assertThat(CopyLocation.find(failure)).as("kinds from %d, seed %d", left, this.seed)
					.map(CopyLocation::line)
					.hasValue((long) first);
				assertThat(count("items")).isOne();
			}
		}
	}

	@Test
	void hasNoLineForAForeignKeyWithoutAStagingTable() {
		createTables();
		String csv = "1,1,a,n,1,1,,,,,,\n2,77,b,n,1,1,,,,,,\n";
		DataAccessException failure = failure(DataAccessException.class, this.copy.load("children").from(content(csv)));
		assertThat(PostgresErrors.sqlState(failure)).hasValue("23503");
		assertThat(CopyLocation.find(failure)).isEmpty();
		assertThat(CopyLocation.find(failure(DataAccessException.class,
				this.copy.load("children").merge(Merge.ignore()).from(content(csv)))))
			.hasValue(new CopyLocation(2, "parent"));
	}

	@Test
	void failsBeyondTheLimit() {
		RejectLimitExceededException failure = failure(RejectLimitExceededException.class,
				this.copy.load("items").reject(Rejects.upTo(2)).from(content("1,a,1\nx\ny,b,2\n,c,3\n4,d,x\n")));
		assertThat(failure).hasMessageContaining("line 2");
		assertThat(failure.getRejects()).hasSizeGreaterThan(2);
		assertThat(failure(RejectLimitExceededException.class,
				this.copy.load("items").reject(Rejects.upTo(2)).from(content("1\n2\n3\n")))
			.getRejects()).hasSize(3);
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	@Test
	void storesRejectsInAFileAndATable(@TempDir Path directory) throws IOException {
		Path file = directory.resolve("rejects.csv");
		LoadSpec spec = this.copy.load("items")
			.merge(Merge.update())
			.reject(Rejects.upTo(500).toFile(file).toTable("public.Bad \"lines\"").rawLength(6));
		StringBuilder csv = new StringBuilder();
		for (int i = 1; i <= 150; i++) {
			csv.append("x").append(i).append(",\"é\"\"é\",1\n");
		}
		LoadReport report = get(spec.from(content(csv.toString())));
		assertThat(report.rejected()).isEqualTo(150);
		assertThat(report.rejects()).hasSize(Rejects.LISTED);
		assertThat(report.rejects().get(0).raw()).isEqualTo("x1,\"é\"");
		assertThat(Files.readAllLines(file)).hasSize(151)
			.startsWith("line,column_name,reason,sql_state,raw",
					"1,id,\"invalid input syntax for type integer: \"\"x1\"\"\",22P02,\"x1,\"\"é\"\"\"");
		assertThat(count("\"Bad \"\"lines\"\"\"")).isEqualTo(150);
		get(this.pool.within(true, spec.from(content("1,a,1\n2\n"))));
		assertThat(count("\"Bad \"\"lines\"\"\"")).isEqualTo(151);
		assertThat(Files.readAllLines(file)).hasSize(2);
	}

	@Test
	void findsByHalvesWhatATriggerRefuses() {
		sql("""
				CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
				 IF NEW.id % 37 = 0 THEN RAISE EXCEPTION 'no %', NEW.id USING ERRCODE = 'P0042'; END IF;
				 NEW.price := coalesce(NEW.price, 0);
				 RETURN NEW;
				END $$""", "CREATE TRIGGER t BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION refuse()",
				"ALTER TABLE items ALTER price SET NOT NULL, ADD CHECK (name <> 'bad')");
		StringBuilder csv = new StringBuilder();
		for (int i = 1; i <= 200; i++) {
			csv.append(i).append(i == 60 ? ",bad," : ",n,").append("\n");
		}
		LoadReport report = get(this.copy.load("items").reject(Rejects.upTo(9)).from(content(csv.toString())));
		assertThat(report.rejects()).extracting((row) -> row.line() + " " + row.sqlState() + " " + row.raw())
			.containsExactly("37 P0042 37,n,", "60 23514 60,bad,", "74 P0042 74,n,", "111 P0042 111,n,",
					"148 P0042 148,n,", "185 P0042 185,n,");
		assertThat(count("items")).isEqualTo(194);
	}

	@Test
	void rejectsWhatOtherUniqueKeysRefuseInAnUpdate() {
		sql("CREATE UNIQUE INDEX u ON items (lower(name)) WHERE price > 0",
				"INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', -1)");
		LoadReport report = get(this.copy.load("items")
			.merge(Merge.update())
			.reject(Rejects.upTo(9))
			.from(content("1,A,2\n4,B,1\n5,C,1\n6,d,1\n7,D,1\n8,D,-1\n8,e,-1\n")));
		assertThat(report.rejects()).extracting((row) -> row.line() + " " + row.sqlState())
			.containsExactly("2 23505", "5 23505", "7 23505");
		assertThat(report.rejects().get(1).reason()).contains("\"u\"").contains("line 4");
	}

	@Test
	void rejectsAllButTheFirstOfEqualKeys() {
		sql("CREATE TABLE keyed (a numeric, b date, c int UNIQUE, UNIQUE (a, b))");
		LoadReport report = get(this.copy.load("keyed")
			.reject(Rejects.upTo(9))
			.from(content("1,2024-01-01,1\n1,2024-01-02,2\n1,,3\n1,,4\n2,2024-01-01,2\n1,2024-01-01,5\n"
					+ "1,2024-01-02,6\n1,2024-01-01,7\n3,2024-01-01,\n3,2024-01-02,\n4,,8\n")));
		assertThat(report.rejects()).extracting((row) -> row.line() + " " + row.column() + " " + row.sqlState())
			.containsExactly("5 c 23505", "6 null 23505", "7 null 23505", "8 null 23505");
		assertThat(report.rejects().get(3).reason()).contains("line 1 has it as well");
		assertThat(count("keyed")).isEqualTo(7);
	}

	@Test
	void findsEqualKeysInDifferentWords() {
		sql("CREATE TABLE keyed (a numeric PRIMARY KEY, b date UNIQUE)");
		LoadReport report = get(this.copy.load("keyed")
			.reject(Rejects.upTo(9))
			.from(content("1,2024-01-01\n1.0,2024-01-02\n2,\"Jan 1, 2024\"\n+3,\n3,\n4,2024-01-04\n4,2024-01-05\n")));
		assertThat(report.rejects()).extracting((row) -> row.line() + " " + row.column() + " " + row.sqlState())
			.containsExactly("2 a 23505", "3 b 23505", "5 a 23505", "7 a 23505");
		assertThat(count("keyed")).isEqualTo(3);
	}

	@Test
	void followsForeignKeysWithinTheSource() {
		sql("CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree)");
		LoadReport report = get(
				this.copy.load("tree").reject(Rejects.upTo(9)).from(content("3,2\n2,1\n1,\n5,4\n4,9\n6,5\n")));
		assertThat(report.rejects()).extracting((row) -> row.line() + " " + row.sqlState())
			.containsExactly("4 23503", "5 23503", "6 23503");
		assertThat(count("tree")).isEqualTo(3);
	}

	@Test
	void takesUtf16AndCompressedSources() {
		byte[] utf16 = "1,ä,1\nx,ö,2\n".getBytes(StandardCharsets.UTF_16);
		LoadReport report = get(this.copy.load("items").reject(Rejects.upTo(1)).from(content(utf16)));
		assertThat(report.rejects()).extracting(RejectedRow::raw).containsExactly("x,ö,2");
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				Mono.defer(() -> this.copy.load("items")
					.format(CopyFormat.csv().encoding("EUC_JP"))
					.reject(Rejects.upTo(1))
					.from(Flux.<DataBuffer>empty()))))
			.hasMessageContaining("EUC_JP");
	}

}
