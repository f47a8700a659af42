package io.trunkline.copy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Sources in other encodings than UTF-8, straight into the table and by way of a staging
 * table.
 */
class LoadEncodingIntegrationTests extends BulkCopyFixture {

	private static final int LINES = 300;

	private LoadSpec load(boolean staged, String encoding) {
		LoadSpec spec = this.copy.load("items").format(CopyFormat.csv().encoding(encoding));
		return staged ? spec.merge(Merge.update()) : spec;
	}

	private static byte[] encoded(String text, String encoding) {
		return text.getBytes(Objects.requireNonNull(SourceEncodings.charset(encoding)));
	}

	@ParameterizedTest
	@CsvSource({ "LATIN1,ÄÖ¿ÿ", "WIN1252,€“ž”", "win1251,Жёлтый", "KOI8R,Жёлтый", "latin-9,Œ€", "WIN874,ราคา",
			"SJIS,表ソ｜ﾎﾟ能", "Shift_JIS,予申ァ", "EUC_KR,가격", "UHC,똠방각하", "EUC_CN,价格", "GBK,價格", "UTF-16,表😀",
			"UTF16LE,表😀" })
	void loadsTheSameCharacters(String encoding, String name) {
		StringBuilder csv = new StringBuilder("price,name,id\r\n");
		for (int i = 1; i <= LINES; i++) {
			csv.append(i).append(".5,\"").append(name).append(" \"\"").append(i).append("\"\",\r\n");
			csv.append(name).append("\",").append(i).append("\r\n");
		}
		for (boolean staged : new boolean[] { false, true }) {
			sql("TRUNCATE items");
			LoadReport report = get(
					load(staged, encoding).columnsFromHeader().from(content(encoded(csv.toString(), encoding))));
			assertThat(report.inserted()).isEqualTo(LINES);
			String expected = "'" + name + " \"' || id || E'\",\\r\\n" + name + "'";
			assertThat(count("items WHERE price = id + 0.5 AND name = " + expected))
				.as("staged %s, seed %d", staged, this.seed)
				.isEqualTo(LINES);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "LATIN1", "WIN1252", "SJIS", "EUC_KR", "UTF-16LE" })
	void tellsLineAndColumnOfABadValue(String encoding) {
		int bad = 2 + this.random.nextInt(LINES - 1);
		StringBuilder csv = new StringBuilder();
		for (int i = 1; i <= LINES; i++) {
			csv.append(i).append(",n,").append((i >= bad) ? "x" : "1").append("\n");
		}
		for (boolean staged : new boolean[] { false, true }) {
			DataAccessException failure = failure(DataAccessException.class,
					load(staged, encoding).from(content(encoded(csv.toString(), encoding))));
			assertThat(CopyLocation.find(failure)).as("staged %s, seed %d", staged, this.seed)
				.hasValue(new CopyLocation(bad, "price"));
			assertThat(count("items")).isZero();
		}
	}

	@ParameterizedTest
	@CsvSource({ "WIN1252,81", "LATIN3,a5", "SJIS,8120", "SJIS,95", "EUC_KR,a120", "UTF-16LE,00d84100",
			"UTF-16BE,d8000041" })
	void tellsTheLineOfWhatIsNoCharacter(String encoding, String bytes) {
		int bad = 2 + this.random.nextInt(LINES - 1);
		ByteArrayOutputStream csv = new ByteArrayOutputStream();
		for (int i = 1; i <= LINES; i++) {
			csv.writeBytes(encoded(i + ",ab", encoding));
			if (i >= bad && (i == bad || this.random.nextInt(4) == 0)) {
				csv.writeBytes(HexFormat.of().parseHex(bytes));
			}
			csv.writeBytes(encoded(",1\n", encoding));
		}
		for (boolean staged : new boolean[] { false, true }) {
			DataAccessException failure = failure(DataAccessException.class,
					load(staged, encoding).from(content(csv.toByteArray())));
			assertThat(failure).hasMessageContaining(encoding);
			assertThat(CopyLocation.find(failure)).as("staged %s, seed %d", staged, this.seed)
				.hasValue(new CopyLocation(bad, null));
			assertThat(count("items")).isZero();
		}
		this.pool.assertUsable();
	}

	@Test
	void rejectsLinesInOtherEncodings(@TempDir Path directory) throws IOException {
		byte[] csv = encoded("1,表,1\nx,能,2\n3,ソ,3\n4,4,?\n?5\n6,x,6\n", "SJIS");
		for (int i = 0; i < csv.length; i++) {
			// Half a character.
			csv[i] = (csv[i] == '?') ? (byte) 0x81 : csv[i];
		}
		LoadSpec spec = this.copy.load("items")
			.format(CopyFormat.csv().encoding("SJIS"))
			.merge(Merge.update())
			.reject(Rejects.upTo(9));
		Path file = Files.write(directory.resolve("items.csv"), csv);
		for (Mono<LoadReport> load : List.of(spec.from(content(csv)), spec.from(file))) {
			assertThat(get(load).rejects()).extracting((row) -> row.line() + " " + row.sqlState() + " " + row.raw())
				.containsExactly("2 22P02 x,能,2", "4 22021 4,4,\uFFFD", "5 22021 \uFFFD5");
			assertThat(value("SELECT string_agg(name, '' ORDER BY id) FROM items")).isEqualTo("表ソx");
		}
	}

	@Test
	void leavesEncodingsToTheServerThatJavaReadsInAnotherWay() {
		byte[] waveDash = { '1', ',', (byte) 0xA1, (byte) 0xC1, ',', '1', '\n' };
		get(load(false, "EUC_JP").from(content(waveDash)));
		assertThat(value("SELECT name FROM items")).isEqualTo("\uFF5E");
		for (String encoding : List.of("EUC_JP", "BIG5", "GB18030", "MULE_INTERNAL", "nonsense")) {
			assertThat(failure(InvalidDataAccessApiUsageException.class,
					load(true, encoding).from(Flux.error(new AssertionError("Read")))))
				.hasMessageContaining(encoding)
				.hasMessageContaining("UTF-8");
		}
	}

	@Test
	void refusesWhatIsNoEncoding() {
		assertThat(failure(DataAccessException.class, load(false, "nonsense").from(content("1,a,1\n"))))
			.hasMessageContaining("encoding");
		assertThatThrownBy(() -> CopyFormat.csv().encoding("UTF-16ME"))
			.isInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("UTF-16ME")
			.hasMessageContaining("UTF-16LE");
		assertThatThrownBy(() -> CopyFormat.binary().encoding("UTF-16"))
			.isInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("binary");
		assertThatThrownBy(() -> this.copy.copyOut("items").format(CopyFormat.csv().encoding("utf_16")))
			.isInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("UTF-16");
	}

	@ParameterizedTest
	@ValueSource(strings = { "LATIN1", "LATIN2", "LATIN3", "LATIN4", "LATIN5", "LATIN7", "LATIN9", "LATIN10",
			"ISO_8859_5", "ISO_8859_6", "ISO_8859_7", "ISO_8859_8", "KOI8R", "KOI8U", "WIN866", "WIN874", "WIN1250",
			"WIN1251", "WIN1252", "WIN1253", "WIN1254", "WIN1255", "WIN1256", "WIN1257", "WIN1258", "SJIS", "EUC_KR",
			"UHC", "EUC_CN", "GBK" })
	void makesTheServersCharactersOfAllBytes(String encoding) throws SQLException {
		List<byte[]> sequences = new ArrayList<>();
		for (int i = 1; i < 256; i++) {
			sequences.add(new byte[] { (byte) i });
		}
		Charset charset = Objects.requireNonNull(SourceEncodings.charset(encoding));
		boolean wide = charset.newEncoder().maxBytesPerChar() > 1;
		for (int i = 0x81; i < 0xFF && wide; i++) {
			for (int j = 0x40; j < 0xFF; j++) {
				sequences.add(new byte[] { (byte) i, (byte) j });
			}
		}
		List<String> server = serverCharacters(encoding, sequences);
		int same = 0;
		for (int i = 0; i < server.size(); i++) {
			String characters = characters(charset, sequences.get(i));
			if (server.get(i) != null && characters != null || !wide) {
				assertThat(characters).as("%s %s", encoding, HexFormat.of().formatHex(sequences.get(i)))
					.isEqualTo(server.get(i));
				same++;
			}
		}
		assertThat(same).isGreaterThan(wide ? 7500 : 254);
	}

	private List<String> serverCharacters(String encoding, List<byte[]> sequences) throws SQLException {
		sql("""
				CREATE OR REPLACE FUNCTION characters(b text, e name) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
				 RETURN convert_from(decode(b, 'hex'), e); EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$""");
		try (Connection connection = this.server.jdbc(this.database);
				PreparedStatement statement = connection.prepareStatement(
						"SELECT characters(x, ?) FROM unnest(?::text[]) WITH ORDINALITY AS t (x, n) ORDER BY n")) {
			statement.setString(1, encoding);
			statement.setArray(2,
					connection.createArrayOf("text", sequences.stream().map(HexFormat.of()::formatHex).toArray()));
			List<String> characters = new ArrayList<>();
			ResultSet result = statement.executeQuery();
			while (result.next()) {
				characters.add(result.getString(1));
			}
			return characters;
		}
	}

	private static String characters(Charset charset, byte[] bytes) {
		try {
			return charset.newDecoder()
				.onMalformedInput(CodingErrorAction.REPORT)
				.onUnmappableCharacter(CodingErrorAction.REPORT)
				.decode(ByteBuffer.wrap(bytes))
				.toString();
		}
		catch (CharacterCodingException ex) {
			return null;
		}
	}

	@Test
	void readsAMarkOfUtf8InSpiteOfADeclaredEncoding() {
		for (boolean staged : new boolean[] { false, true }) {
			sql("TRUNCATE items");
			get(load(staged, "LATIN1").from(content("\uFEFF1,a,1\n".getBytes(StandardCharsets.UTF_8))));
			assertThat(value("SELECT items::text FROM items")).isEqualTo("(1,a,1)");
		}
	}

}
