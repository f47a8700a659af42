package io.trunkline.test.session;

import java.util.Arrays;
import java.util.List;

/**
 * Finds the line of the application that led to where it is made. On a thread of the
 * driver or of a web server there may be none. Every statement has one and nearly none is
 * looked at, so that what is kept is what the virtual machine gives at once.
 */
final class CallSite {

	private static final int DEEPEST = 400;

	private static final List<String> MACHINERY = List.of("java.", "javax.", "jdk.", "sun.", "com.sun.", "reactor.",
			"io.r2dbc.", "io.netty.", "org.springframework.", "org.junit.", "org.reactivestreams.", "org.apache.",
			"kotlin.", "kotlinx.", "io.micrometer.", "org.aopalliance.", "io.trunkline.test.session.",
			"io.trunkline.connection.");

	private final Throwable trace = new Throwable();

	private final String thread = Thread.currentThread().getName();

	@Override
	public String toString() {
		return Arrays.stream(this.trace.getStackTrace())
			.limit(DEEPEST)
			.filter(CallSite::isApplication)
			.findFirst()
			.map(StackTraceElement::toString)
			.orElseGet(() -> "thread " + this.thread);
	}

	private static boolean isApplication(StackTraceElement frame) {
		String name = frame.getClassName();
		return (name.endsWith("Tests") || MACHINERY.stream().noneMatch(name::startsWith)) && !name.contains("$$");
	}

}
