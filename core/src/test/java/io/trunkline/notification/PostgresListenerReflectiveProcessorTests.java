package io.trunkline.notification;

import io.trunkline.notification.NotificationEvent.Overflow;
import org.junit.jupiter.api.Test;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.annotation.ReflectiveRuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link PostgresListenerReflectiveProcessor}.
 */
class PostgresListenerReflectiveProcessorTests {

	@Test
	void hintsAtMethodsAndPayloads() throws NoSuchMethodException {
		RuntimeHints hints = new RuntimeHints();
		new ReflectiveRuntimeHintsRegistrar().registerRuntimeHints(hints, Listener.class);
		assertThat(hints).matches(RuntimeHintsPredicates.reflection()
			.onMethodInvocation(Listener.class.getDeclaredMethod("changed", TableChange.class, Overflow.class)));
		assertThat(hints).matches(RuntimeHintsPredicates.reflection()
			.onMethodInvocation(Listener.class.getDeclaredMethod("gap", NotificationEvent.class)));
		assertThat(hints).matches(
				RuntimeHintsPredicates.reflection().onMethodInvocation(TableChange.class.getDeclaredMethod("key")));
	}

	static class Listener {

		@PostgresListener(table = "items", gapHandler = "gap")
		void changed(TableChange change, Overflow overflow) {
		}

		void gap(NotificationEvent gap) {
		}

	}

}
