package io.trunkline.notification;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;

import io.trunkline.notification.EventBuffer.Result;
import io.trunkline.notification.NotificationEvent.Message;
import io.trunkline.notification.NotificationEvent.Overflow;
import io.trunkline.notification.NotificationEvent.Reconnected;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link EventBuffer}.
 */
class EventBufferTests {

	private static Message message(int number) {
		return new Message("numbers", String.valueOf(number), 1, Instant.EPOCH);
	}

	private static void offer(EventBuffer buffer, long generation, int from, int to) {
		for (int number = from; number <= to; number++) {
			buffer.offer(generation, message(number), 0);
		}
	}

	private static List<Object> drain(EventBuffer buffer) {
		List<Object> events = new ArrayList<>();
		for (NotificationEvent event = buffer.poll(); event != null; event = buffer.poll()) {
			events.add((event instanceof Message message) ? Integer.valueOf(message.payload()) : event);
		}
		return events;
	}

	@Test
	void countsWhatItDropsBehindWhatItHolds() {
		EventBuffer buffer = new EventBuffer(3);
		offer(buffer, 1, 1, 10);
		assertThat(drain(buffer)).containsExactly(1, 2, 3, new Overflow(7));
		offer(buffer, 1, 11, 12);
		assertThat(drain(buffer)).containsExactly(11, 12);
	}

	@Test
	void keepsOneGapUntilHalfWasTaken() {
		EventBuffer buffer = new EventBuffer(4);
		offer(buffer, 1, 1, 6);
		buffer.poll();
		assertThat(buffer.offer(1, message(7), 0)).isEqualTo(Result.DROPPED);
		buffer.poll();
		assertThat(buffer.offer(1, message(8), 0)).isEqualTo(Result.HELD);
		assertThat(drain(buffer)).containsExactly(3, 4, new Overflow(3), 8);
	}

	@Test
	void holdsOneMessageWhereThereIsRoomForOne() {
		EventBuffer buffer = new EventBuffer(1);
		offer(buffer, 1, 1, 3);
		assertThat(drain(buffer)).containsExactly(1, new Overflow(2));
	}

	@Test
	void putsALossBetweenTheMessagesOfTwoConnections() {
		EventBuffer buffer = new EventBuffer(10);
		offer(buffer, 1, 1, 2);
		buffer.lose(1, 1_000_000);
		buffer.offer(2, message(3), 5_000_000);
		buffer.listening(2, 9_000_000);
		assertThat(drain(buffer)).containsExactly(1, 2, new Reconnected(Duration.ofMillis(4)), 3);
	}

	@Test
	void tellsALossWithoutAnyMessage() {
		EventBuffer buffer = new EventBuffer(10);
		buffer.listening(1, 0);
		buffer.lose(1, 1_000_000);
		assertThat(drain(buffer)).isEmpty();
		buffer.listening(2, 3_000_000);
		assertThat(drain(buffer)).containsExactly(new Reconnected(Duration.ofMillis(2)));
	}

	@Test
	void tellsNoLossToWhomeverHasNotListenedYet() {
		EventBuffer buffer = new EventBuffer(10);
		buffer.lose(1, 0);
		buffer.listening(2, 1);
		assertThat(drain(buffer)).isEmpty();
	}

	@Test
	void takesStragglersOfALostConnectionBeforeTheGapOnly() {
		EventBuffer buffer = new EventBuffer(10);
		offer(buffer, 1, 1, 1);
		buffer.lose(1, 0);
		assertThat(buffer.offer(1, message(2), 0)).isEqualTo(Result.HELD);
		buffer.listening(2, 0);
		assertThat(buffer.offer(1, message(3), 0)).isEqualTo(Result.OUTDATED);
		assertThat(drain(buffer)).containsExactly(1, 2, new Reconnected(Duration.ZERO));
	}

	@Test
	void takesNothingFromBeforeItsOwnConnection() {
		EventBuffer buffer = new EventBuffer(10);
		buffer.begin(4);
		assertThat(buffer.offer(3, message(1), 0)).isEqualTo(Result.OUTDATED);
		assertThat(buffer.offer(4, message(2), 0)).isEqualTo(Result.HELD);
	}

	@Test
	void joinsGapsThatHaveNoMessageBetween() {
		EventBuffer buffer = new EventBuffer(2);
		offer(buffer, 1, 1, 5);
		for (int generation = 1; generation < 1000; generation++) {
			buffer.lose(generation, 0);
			buffer.listening(generation + 1, 1_000_000);
			offer(buffer, generation + 1, 6, 6);
		}
		assertThat(drain(buffer)).containsExactly(1, 2, new Overflow(3 + 999), new Reconnected(Duration.ofMillis(999)));
	}

	@Test
	void needsNoRoomForLossesWithoutMessages() {
		EventBuffer buffer = new EventBuffer(2);
		offer(buffer, 1, 1, 1);
		for (int generation = 1; generation < 1000; generation++) {
			buffer.lose(generation, 0);
			buffer.listening(generation + 1, 1_000_000);
		}
		assertThat(drain(buffer)).containsExactly(1, new Reconnected(Duration.ofMillis(999)));
	}

	@Test
	void letsMessagesPassWhileNothingWaitsAndNothingIsMissing() {
		EventBuffer buffer = new EventBuffer(1);
		assertThat(buffer.isOpen(1)).isFalse();
		buffer.listening(1, 0);
		assertThat(buffer.isOpen(1)).isTrue();
		assertThat(buffer.isOpen(2)).isFalse();
		offer(buffer, 1, 1, 2);
		assertThat(buffer.isOpen(1)).isFalse();
		buffer.poll();
		assertThat(buffer.isOpen(1)).isFalse();
		assertThat(buffer.poll()).isEqualTo(new Overflow(1));
		assertThat(buffer.isOpen(1)).isTrue();
	}

	@Test
	void letsNoMessagePassAGap() {
		EventBuffer buffer = new EventBuffer(1);
		buffer.listening(1, 0);
		buffer.lose(1, 0);
		assertThat(buffer.isOpen(1)).isFalse();
		buffer.listening(2, 0);
		assertThat(buffer.isOpen(2)).isFalse();
		assertThat(buffer.poll()).isInstanceOf(Reconnected.class);
		assertThat(buffer.isOpen(1)).isFalse();
		assertThat(buffer.isOpen(2)).isTrue();
		buffer.lose(2, 0);
		offer(buffer, 2, 1, 1);
		buffer.poll();
		assertThat(buffer.isOpen(2)).isFalse();
	}

	@Test
	void accountsForEveryMessageInAnyOrderOfEvents() {
		long seed = ThreadLocalRandom.current().nextLong();
		Random random = new Random(seed);
		for (int run = 0; run < 2000; run++) {
			assertAccounted(random, 1 + random.nextInt(8), "seed " + seed + ", run " + run);
		}
	}

	/**
	 * What is not received is dropped, and then told exactly, or sent while nothing was
	 * listening, and then inside of a lost connection.
	 */
	private static void assertAccounted(Random random, int capacity, String description) {
		EventBuffer buffer = new EventBuffer(capacity);
		buffer.listening(1, 0);
		List<Object> events = new ArrayList<>();
		int sent = 0;
		long generation = 1;
		boolean connected = true;
		int unheard = 0;
		for (int step = 0; step < 200; step++) {
			switch (random.nextInt(8)) {
				case 0 -> {
					if (connected) {
						buffer.lose(generation, step);
					}
					connected = false;
				}
				case 1 -> {
					if (!connected) {
						buffer.listening(++generation, step);
					}
					connected = true;
				}
				case 2, 3 -> {
					NotificationEvent event = buffer.poll();
					if (event != null) {
						events.add(event);
					}
				}
				default -> {
					sent++;
					if (connected) {
						buffer.offer(generation, message(sent), step);
					}
					else {
						unheard++;
					}
				}
			}
		}
		if (!connected) {
			buffer.listening(++generation, 200);
		}
		for (NotificationEvent event = buffer.poll(); event != null; event = buffer.poll()) {
			events.add(event);
		}
		int last = 0;
		int received = 0;
		long dropped = 0;
		boolean gap = false;
		for (Object event : events) {
			if (event instanceof Message message) {
				int number = Integer.parseInt(message.payload());
				assertThat(number).as(description).isGreaterThan(last);
				assertThat(number == last + 1 || gap).as("%s: %s after %s", description, number, last).isTrue();
				last = number;
				received++;
				gap = false;
			}
			else {
				dropped += (event instanceof Overflow overflow) ? overflow.dropped() : 0;
				gap = true;
			}
		}
		assertThat(last == sent || gap).as(description).isTrue();
		assertThat(received + dropped + unheard).as(description).isEqualTo(sent);
		assertThat(buffer.isEmpty()).as(description).isTrue();
	}

}
