package io.trunkline.copy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RecordScannerTests {

	private final long seed = new Random().nextLong();

	private final Random random = new Random(this.seed);

	@ParameterizedTest
	@ValueSource(strings = { "\n", "\r\n", "\r" })
	void findsTheRecordsOfCsvWhereverItIsCut(String lineEnd) {
		List<String> records = new ArrayList<>();
		// An end of line is known as a lone carriage return only when something follows
		// it.
		records.add("a,b" + lineEnd);
		records.add("c,d" + lineEnd);
		for (int i = 0; i < 300; i++) {
			records.add(switch (this.random.nextInt(4)) {
				case 0 -> "a,b" + lineEnd;
				case 1 -> "\"a" + lineEnd + "\"\"" + lineEnd + "\",\"\"" + lineEnd;
				case 2 -> lineEnd;
				default -> "\\.x,\"\\.\"" + lineEnd;
			});
		}
		assertBorders(CopyFormat.csv(), records);
	}

	@Test
	void followsAnEscapeThatIsNotTheQuote() {
		assertBorders(CopyFormat.csv().quote('\'').escape('\\'),
				List.of("'it\\'s\n',x\n", "'\\\\'\n", "\\',\n',\n", "end\n"));
	}

	@Test
	void findsTheRecordsOfText() {
		assertBorders(CopyFormat.text(), List.of("a\tb\n", "back\\\\slash\n", "escaped\\\nnewline\n", "\\N\n", "\n"));
	}

	@Test
	void findsTheRowsOfBinary() {
		byte[] header = new byte[19 + 3];
		System.arraycopy(BinaryScanner.SIGNATURE, 0, header, 0, 11);
		header[18] = 3;
		List<byte[]> rows = List.of(new byte[] { 0, 2, 0, 0, 0, 1, 7, -1, -1, -1, -1 }, new byte[] { 0, 0 },
				new byte[] { 0, 1, 0, 0, 0, 3, -1, -1, -1 });
		ByteArrayOutputStream data = new ByteArrayOutputStream();
		data.writeBytes(header);
		List<Integer> borders = new ArrayList<>();
		for (byte[] row : rows) {
			data.writeBytes(row);
			borders.add(data.size());
		}
		data.writeBytes(new byte[] { -1, -1 });
		assertThat(borders(CopyFormat.binary(), data.toByteArray(), 1)).isEqualTo(borders);
		RecordScanner cutOff = RecordScanner.of(CopyFormat.binary(), 18);
		cutOff.scan(Chunk.of(data.toByteArray(), data.size() - 2));
		assertThatExceptionOfType(CopyDataException.class).isThrownBy(cutOff::end);
	}

	@Test
	void refusesAnEndOfDataLineInCsvBefore18() {
		for (String csv : List.of("\\.", "a\n\\.\nb\n", "\"\n\"\n\\.\r\n")) {
			RecordScanner before = RecordScanner.of(CopyFormat.csv(), 17);
			assertThatExceptionOfType(CopyDataException.class).as(csv).isThrownBy(() -> {
				before.scan(chunk(csv));
				before.end();
			});
			RecordScanner since = RecordScanner.of(CopyFormat.csv(), 18);
			since.scan(chunk(csv));
			since.end();
		}
		RecordScanner quoted = RecordScanner.of(CopyFormat.csv(), 17);
		quoted.scan(chunk("\"\n\\.\n\"\n\"\\.\"\n\\.x\n\\,\n"));
		quoted.end();
	}

	@Test
	void refusesDataBehindTheEndOfText() {
		for (String text : List.of("\\.\nx\n", "a\n\\.\r\nb\n", "a\\.\n", "\\.a\n")) {
			RecordScanner scanner = RecordScanner.of(CopyFormat.text(), 14);
			assertThatExceptionOfType(CopyDataException.class).as(text).isThrownBy(() -> scanner.scan(chunk(text)));
		}
		for (String text : List.of("a\n\\.\n", "a\n\\.", "\\\\.\n", "a\r\n\\.\r\n")) {
			RecordScanner scanner = RecordScanner.of(CopyFormat.text(), 14);
			scanner.scan(chunk(text));
			scanner.end();
		}
	}

	private void assertBorders(CopyFormat format, List<String> records) {
		byte[] data = String.join("", records).getBytes(StandardCharsets.UTF_8);
		List<Integer> expected = new ArrayList<>();
		int position = 0;
		for (String record : records) {
			position += record.length();
			expected.add(position);
		}
		List<Integer> found = borders(format, data, 1);
		assertThat(found).as("borders, seed %d", this.seed).isEqualTo(expected);
		assertThat(expected).as("borders of larger chunks, seed %d", this.seed)
			.containsAll(borders(format, data, 1 + this.random.nextInt(50)));
	}

	/**
	 * Scan in chunks of one size, each within a larger array.
	 */
	private static List<Integer> borders(CopyFormat format, byte[] data, int size) {
		RecordScanner scanner = RecordScanner.of(format, 18);
		List<Integer> borders = new ArrayList<>();
		for (int start = 0; start < data.length; start += size) {
			int border = scanner.scan(new Chunk(data, start, Math.min(size, data.length - start)));
			if (border >= 0 && !borders.contains(border)) {
				borders.add(border);
			}
		}
		scanner.end();
		assertThat(scanner.records()).isGreaterThanOrEqualTo(borders.size());
		return borders;
	}

	private static Chunk chunk(String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		return Chunk.of(bytes, bytes.length);
	}

}
