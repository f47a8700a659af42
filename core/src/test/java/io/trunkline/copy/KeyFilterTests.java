package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class KeyFilterTests {

	private static Fields fields(String... values) {
		String record = Stream.of(values).map((value) -> (value != null) ? value : "").reduce("", String::concat);
		Fields fields = new Fields();
		fields.beginIn(record.getBytes(StandardCharsets.UTF_8));
		int start = 0;
		for (String value : values) {
			int end = start + ((value != null) ? value.getBytes(StandardCharsets.UTF_8).length : 0);
			fields.add(start, end, value == null);
			start = end;
		}
		return fields;
	}

	@Test
	void notesEachRepeatedKeyAndFewOthers() {
		long seed = System.nanoTime();
		Random random = new Random(seed);
		KeyFilter filter = new KeyFilter(List.of(List.of("id")), List.of("name", "id"));
		Set<Long> keys = new HashSet<>();
		int wrong = 0;
		for (int i = 0; i < 200_000; i++) {
			long key = random.nextInt(150_000);
			boolean isNew = keys.add(key);
			boolean noted = filter.isRepeated(fields("x", Long.toString(key)));
			assertThat(noted || isNew).as("key %d, seed %d", key, seed).isTrue();
			wrong += (noted && isNew) ? 1 : 0;
		}
		assertThat(wrong).as("new keys taken for repeated, seed %d", seed).isLessThan(20);
	}

	@Test
	void tellsWhereTheFieldsOfAKeyEnd() {
		KeyFilter filter = new KeyFilter(List.of(List.of("a", "b")), List.of("a", "b"));
		assertThat(filter.isRepeated(fields("1", "23"))).isFalse();
		assertThat(filter.isRepeated(fields("12", "3"))).isFalse();
		assertThat(filter.isRepeated(fields("", "123"))).isFalse();
		assertThat(filter.isRepeated(fields("ä", ""))).isFalse();
		assertThat(filter.isRepeated(fields("12", "3"))).isTrue();
		assertThat(filter.isRepeated(fields("ä", ""))).isTrue();
	}

	@Test
	void takesNoNullForAKey() {
		KeyFilter filter = new KeyFilter(List.of(List.of("a", "b"), List.of("b")), List.of("a", "b"));
		assertThat(filter.isRepeated(fields("1", null))).isFalse();
		assertThat(filter.isRepeated(fields("1", null))).isFalse();
		assertThat(filter.isRepeated(fields(null, "2"))).isFalse();
		assertThat(filter.isRepeated(fields("1", "2"))).isTrue();
	}

	@Test
	void keepsKeysApart() {
		KeyFilter filter = new KeyFilter(List.of(List.of("a"), List.of("b")), List.of("a", "b"));
		assertThat(filter.isRepeated(fields("1", "2"))).isFalse();
		assertThat(filter.isRepeated(fields("2", "1"))).isFalse();
		assertThat(filter.isRepeated(fields("3", "1"))).isTrue();
		assertThat(filter.isRepeated(fields("3", "4"))).isTrue();
	}

}
