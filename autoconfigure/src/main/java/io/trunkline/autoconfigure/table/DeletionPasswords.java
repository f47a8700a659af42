package io.trunkline.autoconfigure.table;

import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.trunkline.table.DeletionGuard;
import org.jspecify.annotations.Nullable;

import org.springframework.security.crypto.factory.PasswordEncoderFactories;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Makes a guard of the configured password.
 */
final class DeletionPasswords {

	private static final String PROPERTY = "'trunkline.table.deletion-password'";

	private static final Pattern ENCODED = Pattern.compile("\\{([A-Za-z0-9@._-]+)}.+");

	private DeletionPasswords() {
	}

	static DeletionGuard guard(@Nullable String password, @Nullable ClassLoader classLoader) {
		if (!StringUtils.hasLength(password)) {
			return DeletionGuard.disabled();
		}
		Matcher encoded = ENCODED.matcher(password);
		if (!encoded.matches()) {
			return DeletionGuard.password(password);
		}
		if (!ClassUtils.isPresent("org.springframework.security.crypto.password.PasswordEncoder", classLoader)) {
			throw new DeletionPasswordException(
					PROPERTY + " is encoded as {" + encoded.group(1)
							+ "}, and there is no spring-security-crypto to compare it with.",
					"Put org.springframework.security:spring-security-crypto on the class path, or set " + PROPERTY
							+ " to the plain password. One that begins with braces itself is written {noop}{…}….");
		}
		return DeletionGuard.passwordMatching(Encoders.matching(password, encoded.group(1)));
	}

	/**
	 * Apart, as its classes need not be there.
	 */
	private static final class Encoders {

		static Predicate<CharSequence> matching(String encoded, String id) {
			PasswordEncoder encoder = PasswordEncoderFactories.createDelegatingPasswordEncoder();
			try {
				// An empty password is refused before anything is looked at.
				encoder.matches("any", encoded);
			}
			catch (RuntimeException | LinkageError ex) {
				throw new DeletionPasswordException(
						PROPERTY + " is encoded as {" + id + "}, which cannot be compared: "
								+ ex.getClass().getSimpleName() + ".",
						"Encode the password by one of Spring Security's ways that the class path allows, such as"
								+ " {bcrypt}…, and set " + PROPERTY + " to the result.");
			}
			return (given) -> encoder.matches(given, encoded);
		}

	}

}
