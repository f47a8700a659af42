package io.trunkline.table;

import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.Assert;

/**
 * Says who may empty or drop a table. It is asked before anything is sent.
 * <p>
 * An application that decides by something else than one password, such as the roles of
 * the user in the Reactor context, implements it.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface DeletionGuard {

	/**
	 * Allow a deletion or not.
	 * @param request what is to be deleted
	 * @param password the password that the caller gave, which may be {@code null} or
	 * anything
	 * @return completes where it is allowed; a {@link DeletionDeniedException} where it
	 * is not
	 */
	Mono<Void> check(DeletionRequest request, @Nullable CharSequence password);

	/**
	 * Return a guard that allows nothing, and says that no password is configured.
	 */
	static DeletionGuard disabled() {
		return (request, password) -> Mono.error(() -> new DeletionDeniedException(request, "it is disabled, as no"
				+ " deletion password is configured: set 'trunkline.table.deletion-password', or give the manager a"
				+ " DeletionGuard"));
	}

	/**
	 * Return a guard that asks for a password. After a wrong one, the next answer takes a
	 * quarter of a second, then twice as long each time up to half a minute, until a
	 * right one; attempts that would wait longer than that are refused at once.
	 * @param password the password
	 */
	static DeletionGuard password(CharSequence password) {
		Assert.isTrue(password != null && !password.isEmpty(), "'password' must not be empty");
		return new PasswordDeletionGuard(PasswordDeletionGuard.equalTo(password), Schedulers.parallel());
	}

	/**
	 * Return a guard that asks for a password and has something else compare it, such as
	 * a password encoder. Delays are those of {@link #password}.
	 * @param matcher whether a password is right; called on a thread that may block, and
	 * to take the same time for right and wrong ones
	 */
	static DeletionGuard passwordMatching(Predicate<? super CharSequence> matcher) {
		Assert.notNull(matcher, "'matcher' must not be null");
		return new PasswordDeletionGuard(matcher, Schedulers.parallel());
	}

}
