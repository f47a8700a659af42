package io.trunkline.notification;

import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.Arrays;

import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.ReflectionHints;
import org.springframework.aot.hint.annotation.SimpleReflectiveProcessor;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.util.ReflectionUtils;

/**
 * Lets a native image call listener methods and their gap handlers, and read payloads.
 */
class PostgresListenerReflectiveProcessor extends SimpleReflectiveProcessor {

	private final BindingReflectionHintsRegistrar binding = new BindingReflectionHintsRegistrar();

	@Override
	protected void registerMethodHint(ReflectionHints hints, Method method) {
		super.registerMethodHint(hints, method);
		Arrays.stream(method.getGenericParameterTypes())
			.filter((type) -> !isEvent(type))
			.forEach((type) -> this.binding.registerReflectionHints(hints, type));
		PostgresListener listener = AnnotatedElementUtils.findMergedAnnotation(method, PostgresListener.class);
		if (listener != null && !listener.gapHandler().isEmpty()) {
			Arrays.stream(ReflectionUtils.getUniqueDeclaredMethods(method.getDeclaringClass()))
				.filter((candidate) -> candidate.getName().equals(listener.gapHandler()))
				.forEach((handler) -> hints.registerMethod(handler, ExecutableMode.INVOKE));
		}
	}

	private static boolean isEvent(Type type) {
		return type instanceof Class<?> candidate && NotificationEvent.class.isAssignableFrom(candidate);
	}

}
