package io.trunkline.copy;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Header lines that do not come in one piece.
 */
class HeaderLineIntegrationTests extends BulkCopyFixture {

	private static final int LINES = 300;

	@ParameterizedTest
	@CsvSource({ "UTF-8,UTF8", "ISO-8859-1,LATIN1", "UTF-16,UTF-16" })
	void isReadWhereverTheSourceIsCut(Charset charset, String encoding) {
		String header = ((charset == StandardCharsets.UTF_8) ? "\uFEFF" : "") + "price,\"name\",id\r\n";
		String rows = IntStream.rangeClosed(1, LINES)
			.mapToObj((i) -> i + ".5,Ä" + i + "," + i + "\r\n")
			.collect(Collectors.joining());
		byte[] csv = (header + rows).getBytes(charset);
		CopyFormat format = (charset == StandardCharsets.UTF_8) ? CopyFormat.csv()
				: CopyFormat.csv().encoding(encoding);
		for (int at = 0; at <= header.getBytes(charset).length; at++) {
			// The load passes the second buffer on as it is.
			Flux<DataBuffer> content = Flux.just(Arrays.copyOf(csv, at), Arrays.copyOfRange(csv, at, csv.length))
				.map(DefaultDataBufferFactory.sharedInstance::wrap);
			sql("TRUNCATE items");
			assertThat(get(this.copy.copyIn("items").format(format).columnsFromHeader().from(content)).rows())
				.as("cut at %d", at)
				.isEqualTo(LINES);
			assertThat(get(merge("items", format).from(content)).unchanged()).as("cut at %d", at).isEqualTo(LINES);
		}
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(strings = { "UTF8", "LATIN1", "UTF-16" })
	void mayBeLongerThanAFrame(String encoding) {
		List<String> columns = new ArrayList<>(
				IntStream.range(0, 200).mapToObj((i) -> "the_column_called_" + i).toList());
		sql("CREATE TABLE wide (id integer PRIMARY KEY, "
				+ columns.stream().map((name) -> name + " integer").collect(Collectors.joining(", ")) + ")");
		columns.add("id");
		Collections.shuffle(columns, this.random);
		String csv = IntStream.of(-1, 1, 2, 3)
			.mapToObj((row) -> columns.stream()
				.map((name) -> (row < 0) ? name : name.equals("id") ? "" + row : row + name.substring(18))
				.collect(Collectors.joining(",")))
			.collect(Collectors.joining("\n"));
		assertThat(csv.indexOf('\n')).isGreaterThan(3 * FRAME_SIZE);
		CopyFormat format = CopyFormat.csv().encoding(encoding);
		Flux<DataBuffer> content = content(
				csv.getBytes((encoding.equals("UTF-16")) ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8));
		get(this.copy.copyIn("wide").format(format).columnsFromHeader().from(content));
		assertThat(value("SELECT count(*) || ' ' || sum(the_column_called_0) || ' ' || sum(the_column_called_199)"
				+ " FROM wide"))
			.as("seed %d", this.seed)
			.isEqualTo("3 60 6597");
		assertThat(get(merge("wide", format).from(content)).unchanged()).as("seed %d", this.seed).isEqualTo(3);
	}

	/**
	 * The second byte of the character is a backslash, and with the point behind it what
	 * ends data.
	 */
	@Test
	void isReadInAnEncodingWhoseBytesLookLikeOthers() {
		if (this.server.majorVersion() < 15) {
			// There is no header line in the format text.
			return;
		}
		sql("CREATE TABLE sjis (id integer, \"表.\" text)");
		byte[] text = "表.\tid\nx\t1\n".getBytes(Charset.forName("SJIS"));
		get(this.copy.copyIn("sjis")
			.format(CopyFormat.text().encoding("SJIS"))
			.columnsFromHeader()
			.from(content(text)));
		assertThat(value("SELECT sjis::text FROM sjis")).isEqualTo("(1,x)");
	}

	@Test
	void isNotGatheredForEver() {
		Flux<DataBuffer> content = Flux.range(0, 20_000)
			.map((i) -> buffer(("\"" + "x".repeat(FRAME_SIZE)).getBytes(StandardCharsets.UTF_8)))
			.concatWith(Flux.error(new AssertionError("All of it was read")));
		for (boolean staged : new boolean[] { false, true }) {
			CopyDataException failure = failure(CopyDataException.class,
					staged ? merge("items", CopyFormat.csv()).from(content)
							: this.copy.copyIn("items").columnsFromHeader().from(content));
			assertThat(failure).hasMessageContaining("first line");
		}
		this.pool.assertUsable();
	}

	private LoadSpec merge(String table, CopyFormat format) {
		return this.copy.load(table).format(format).columnsFromHeader().merge(Merge.update());
	}

}
