package io.trunkline.benchmarks;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The row that bulk loads and exports are measured with.
 *
 * @param id a key without gaps
 * @param name a text of 10 to 30 characters
 * @param value any double
 * @param takenAt a time in microseconds
 */
public record Measurement(long id, String name, double value, Instant takenAt) {

	static final String COLUMNS = "id, name, value, taken_at";

	private static final long SEED = 20_240_607;

	private static final long FIRST_SECOND = 1_600_000_000;

	private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 äöü";

	static String createTable(String name) {
		return "CREATE TABLE IF NOT EXISTS " + name
				+ " (id bigint NOT NULL, name text NOT NULL, value double precision NOT NULL,"
				+ " taken_at timestamptz NOT NULL)";
	}

	/**
	 * Make rows, the same ones each time.
	 */
	static List<Measurement> list(int count) {
		Random random = new Random(SEED);
		return IntStream.range(0, count).mapToObj((id) -> next(id, random)).toList();
	}

	/**
	 * Return rows as maps by column.
	 */
	static List<Map<String, Object>> maps(List<Measurement> rows) {
		return rows.stream()
			.map((row) -> Map.<String, Object>of("id", row.id, "name", row.name, "value", row.value, "taken_at",
					row.takenAt))
			.toList();
	}

	private static Measurement next(long id, Random random) {
		int length = 10 + random.nextInt(21);
		StringBuilder name = new StringBuilder(length);
		for (int i = 0; i < length; i++) {
			name.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
		}
		return new Measurement(id, name.toString(), random.nextGaussian() * 1e6,
				Instant.ofEpochSecond(FIRST_SECOND + random.nextInt(100_000_000), random.nextInt(1_000_000) * 1000L));
	}

}
