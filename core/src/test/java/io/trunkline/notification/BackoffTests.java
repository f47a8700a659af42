package io.trunkline.notification;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link Backoff}.
 */
class BackoffTests {

	@ParameterizedTest
	@CsvSource({ "1,100", "2,200", "4,800", "7,6400", "8,10000", "64,10000", "2147483647,10000" })
	void doublesUpToTheLimit(int failures, long millis) {
		Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(10));
		for (int i = 0; i < 100; i++) {
			assertThat(backoff.pause(failures)).isBetween(Duration.ofMillis(millis / 2), Duration.ofMillis(millis));
		}
	}

	@Test
	void takesAnyDuration() {
		assertThat(new Backoff(Duration.ofDays(1000), Duration.ofDays(2000)).pause(30)).isBetween(Duration.ofDays(1000),
				Duration.ofDays(2000));
	}

}
