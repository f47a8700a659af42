package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.Random;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RejectionTests {

	private static void malformed(Rejection rejection, long line, String raw) {
		rejection.malformed(line, "id", "22P02", "bad", () -> raw);
	}

	@Test
	void countsAsManyRowsAsTheLimitAndFailsWithOneMore() {
		Rejection rejection = new Rejection(Rejects.upTo(Rejects.LISTED + 1));
		for (int line = 1; line <= Rejects.LISTED + 1; line++) {
			malformed(rejection, line, "x");
			rejection.doubtful();
		}
		assertThat(rejection.malformedRows()).isEqualTo(Rejects.LISTED + 1);
		assertThat(rejection.doubtfulRows()).isEqualTo(Rejects.LISTED + 1);
		assertThatExceptionOfType(RejectLimitExceededException.class).isThrownBy(() -> malformed(rejection, 900, "x"))
			.satisfies((ex) -> assertThat(ex.getRejects()).hasSize(Rejects.LISTED)
				.first()
				.isEqualTo(new RejectedRow(1, "id", "bad", "22P02", "x")));
	}

	@Test
	void stopsAtTheFirstWhereNoneAreKept() {
		Rejection rejection = new Rejection(null);
		assertThat(rejection.isKept()).isFalse();
		assertThat(rejection.rawLength()).isZero();
		assertThatExceptionOfType(CopyDataException.class).isThrownBy(() -> malformed(rejection, 7, "x"))
			.satisfies((ex) -> assertThat(ex.getLocation()).isEqualTo(new CopyLocation(7, "id")));
	}

	@Test
	void cutsLinesBetweenCharacters() {
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		for (int i = 0; i < 500; i++) {
			String line = random.ints(random.nextInt(12), 0, 4)
				.mapToObj((kind) -> new String[] { "a", "é", "日", "😀" }[kind])
				.reduce("", String::concat);
			int length = random.nextInt(12);
			int kept = Math.min(length, line.codePointCount(0, line.length()));
			String expected = line.substring(0, line.offsetByCodePoints(0, kept));
			Rejection rejection = new Rejection(Rejects.upTo(1).rawLength(length));
			byte[] bytes = ("<" + line).getBytes(StandardCharsets.UTF_8);
			int end = rejection.cut(bytes, 1, bytes.length);
			assertThat(new String(bytes, 1, end - 1, StandardCharsets.UTF_8))
				.as("%s at %d, seed %d", line, length, seed)
				.isEqualTo(expected);
			Rejection failing = new Rejection(Rejects.upTo(1).rawLength(length));
			malformed(failing, 1, line);
			assertThatExceptionOfType(RejectLimitExceededException.class).isThrownBy(() -> malformed(failing, 2, ""))
				.satisfies((ex) -> assertThat(ex.getRejects().get(0).raw()).as("%s, seed %d", line, seed)
					.isEqualTo(expected));
		}
	}

}
