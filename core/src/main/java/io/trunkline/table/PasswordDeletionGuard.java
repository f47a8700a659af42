package io.trunkline.table;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Asks for a password, and for patience after wrong ones. Attempts take turns then, so
 * that many at once are no faster than one after the other.
 */
final class PasswordDeletionGuard implements DeletionGuard {

	static final Duration SHORTEST_DELAY = Duration.ofMillis(250);

	static final Duration LONGEST_DELAY = Duration.ofSeconds(30);

	private final Predicate<? super CharSequence> matcher;

	private final Scheduler clock;

	private int failures;

	/** The time at which the next attempt may be made, in milliseconds. */
	private long next;

	PasswordDeletionGuard(Predicate<? super CharSequence> matcher, Scheduler clock) {
		this.matcher = matcher;
		this.clock = clock;
	}

	/**
	 * Return a comparison that takes as long whatever is compared.
	 */
	static Predicate<CharSequence> equalTo(CharSequence password) {
		byte[] expected = digest(password);
		return (given) -> MessageDigest.isEqual(expected, digest(given));
	}

	private static byte[] digest(CharSequence text) {
		try {
			return MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public Mono<Void> check(DeletionRequest request, @Nullable CharSequence password) {
		return Mono.defer(() -> {
			Duration wait = takeTurn();
			if (wait.compareTo(LONGEST_DELAY) > 0) {
				return Mono.error(new DeletionDeniedException(request,
						"too many wrong passwords were given; try again in " + wait.toSeconds() + " seconds"));
			}
			Mono<Void> attempt = attempt(request, password);
			return wait.isZero() ? attempt : Mono.delay(wait, this.clock).then(attempt);
		});
	}

	private Mono<Void> attempt(DeletionRequest request, @Nullable CharSequence password) {
		return Mono.fromCallable(() -> password != null && this.matcher.test(password))
			.subscribeOn(Schedulers.boundedElastic())
			.flatMap((right) -> {
				settle(right);
				return right ? Mono.empty() : Mono.error(new DeletionDeniedException(request,
						(password != null) ? "the deletion password is wrong" : "it takes the deletion password"));
			});
	}

	/**
	 * Return how long to wait, and have the next attempt wait for this one.
	 */
	private synchronized Duration takeTurn() {
		long now = now();
		long wait = Math.max(0, this.next - now);
		if (this.failures > 0 && wait <= LONGEST_DELAY.toMillis()) {
			this.next = now + wait + delay().toMillis();
		}
		return Duration.ofMillis(wait);
	}

	private synchronized void settle(boolean right) {
		if (right) {
			this.failures = 0;
			this.next = 0;
			return;
		}
		this.failures++;
		this.next = Math.max(this.next, now() + delay().toMillis());
	}

	private Duration delay() {
		long delay = SHORTEST_DELAY.toMillis() << Math.min(this.failures - 1, 20);
		return Duration.ofMillis(Math.min(delay, LONGEST_DELAY.toMillis()));
	}

	private long now() {
		return this.clock.now(TimeUnit.MILLISECONDS);
	}

}
