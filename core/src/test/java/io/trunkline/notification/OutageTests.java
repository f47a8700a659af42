package io.trunkline.notification;

import java.net.ConnectException;
import java.time.Duration;
import java.util.List;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.r2dbc.spi.R2dbcPermissionDeniedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link Outage}.
 */
class OutageTests {

	private final Logger logger = (Logger) LoggerFactory.getLogger(ListenLoop.class);

	private final ListAppender<ILoggingEvent> log = new ListAppender<>();

	private final Outage outage = new Outage(new Backoff(Duration.ofMillis(100), Duration.ofSeconds(10)));

	@BeforeEach
	void startLog() {
		this.log.start();
		this.logger.addAppender(this.log);
	}

	@AfterEach
	void stopLog() {
		this.logger.detachAppender(this.log);
	}

	private List<String> warnings() {
		return this.log.list.stream()
			.filter((event) -> event.getLevel() == Level.WARN)
			.map(ILoggingEvent::getFormattedMessage)
			.toList();
	}

	private static Exception refused(String state) {
		return new R2dbcPermissionDeniedException("refused on purpose", state);
	}

	@Test
	void saysOnceWhatIsWrong() {
		for (int i = 0; i < 5; i++) {
			this.outage.failed(new ConnectException("nobody there"));
			this.outage.failed(refused("28P01"));
			this.outage.failed(refused("3D000"));
			this.outage.failed(refused("53300"));
		}
		List<String> warnings = warnings();
		assertThat(warnings).hasSize(4);
		assertThat(warnings.get(0)).contains("nobody there", "trying again");
		assertThat(warnings.get(1)).contains("refuses the user", "refused on purpose");
		assertThat(warnings.get(2)).contains("database is not there");
		assertThat(warnings.get(3)).contains("max_connections");
	}

	@Test
	void saysItAgainInTheNextOutage() {
		this.outage.failed(refused("28P01"));
		this.outage.ended();
		this.outage.failed(refused("28P01"));
		assertThat(warnings()).hasSize(2);
	}

	@Test
	void waitsLongerWithEachFailureUntilItEnds() {
		for (int failures = 1; failures <= 30; failures++) {
			long longest = Math.min(10_000, 100L << Math.min(failures - 1, 20));
			assertThat(this.outage.failed(refused("28P01"))).isBetween(Duration.ofMillis(longest / 2),
					Duration.ofMillis(longest));
		}
		this.outage.ended();
		assertThat(this.outage.failed(refused("28P01"))).isLessThanOrEqualTo(Duration.ofMillis(100));
	}

}
