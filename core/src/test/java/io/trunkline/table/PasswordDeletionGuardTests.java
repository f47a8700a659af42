package io.trunkline.table;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.trunkline.table.DeletionRequest.Operation;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * The time is a virtual one: nothing waits.
 */
class PasswordDeletionGuardTests {

	private static final DeletionRequest REQUEST = new DeletionRequest(Operation.TRUNCATE, "items");

	private final VirtualTimeScheduler clock = VirtualTimeScheduler.create();

	private final PasswordDeletionGuard guard = new PasswordDeletionGuard(PasswordDeletionGuard.equalTo("right"),
			this.clock);

	/**
	 * Try a password, and let the time go by until there is an answer.
	 * @return how long it took, less than 0 where it was denied
	 */
	private Duration attempt(String password) {
		Mono<Boolean> answer = this.guard.check(REQUEST, password)
			.thenReturn(true)
			.onErrorResume(DeletionDeniedException.class, (ex) -> Mono.just(false))
			.cache();
		answer.subscribe();
		long start = this.clock.now(TimeUnit.MILLISECONDS);
		this.clock.advanceTimeBy(waiting());
		Boolean allowed = answer.block(Duration.ofSeconds(40));
		Duration taken = Duration.ofMillis(this.clock.now(TimeUnit.MILLISECONDS) - start);
		return Boolean.TRUE.equals(allowed) ? taken : taken.negated().minusMillis(1);
	}

	private Duration waiting() {
		return this.expected;
	}

	private Duration expected = Duration.ZERO;

	@Test
	void makesWrongPasswordsSlowerUntilARightOne() {
		List<Long> delays = new ArrayList<>();
		for (long delay : List.of(0L, 250L, 500L, 1000L, 2000L, 4000L, 8000L, 16_000L, 30_000L, 30_000L)) {
			this.expected = Duration.ofMillis(delay);
			delays.add(-attempt("wrong").toMillis() - 1);
		}
		assertThat(delays).containsExactly(0L, 250L, 500L, 1000L, 2000L, 4000L, 8000L, 16_000L, 30_000L, 30_000L);
		this.expected = Duration.ofSeconds(30);
		assertThat(attempt("right")).isEqualTo(Duration.ofSeconds(30));
		this.expected = Duration.ZERO;
		assertThat(attempt("right")).isZero();
	}

	@Test
	void doesNotAnswerBeforeItsTime() {
		attempt("wrong");
		List<String> answers = new ArrayList<>();
		this.guard.check(REQUEST, "right").subscribe(null, null, () -> answers.add("allowed"));
		this.clock.advanceTimeBy(Duration.ofMillis(249));
		assertThat(answers).isEmpty();
	}

	@Test
	void refusesWhoWouldWaitTooLong() {
		attempt("wrong");
		for (int i = 0; i < 121; i++) {
			this.guard.check(REQUEST, "wrong").subscribe((nothing) -> {
			}, (ex) -> {
			});
		}
		DeletionDeniedException denied = catchThrowableOfType(DeletionDeniedException.class,
				() -> this.guard.check(REQUEST, "right").block());
		assertThat(denied).hasMessageContaining("try again in 30 seconds");
		assertThat(denied.getOperation()).isEqualTo(Operation.TRUNCATE);
		assertThat(denied.getTable()).isEqualTo("items");
	}

	@Test
	void neverTellsThePassword() {
		DeletionDeniedException denied = catchThrowableOfType(DeletionDeniedException.class,
				() -> this.guard.check(REQUEST, "guess").block());
		assertThat(denied).hasMessageContaining("truncate")
			.hasMessageContaining("items")
			.hasMessageNotContaining("guess");
		assertThat(catchThrowableOfType(DeletionDeniedException.class,
				() -> DeletionGuard.password("right").check(REQUEST, null).block()))
			.hasMessageContaining("takes the deletion password");
	}

	@Test
	void saysHowToEnableDeletions() {
		assertThat(catchThrowableOfType(DeletionDeniedException.class,
				() -> DeletionGuard.disabled().check(REQUEST, "x").block()))
			.hasMessageContaining("trunkline.table.deletion-password");
		assertThatIllegalArgumentException().isThrownBy(() -> DeletionGuard.password(""));
	}

}
