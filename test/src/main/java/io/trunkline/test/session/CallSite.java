package io.trunkline.test.session;

import java.lang.StackWalker.StackFrame;
import java.util.List;

/**
 * Finds the line of the application that led here. On a thread of the driver or of a web
 * server there may be none.
 */
final class CallSite {

	private static final int DEEPEST = 400;

	private static final List<String> MACHINERY = List.of("java.", "javax.", "jdk.", "sun.", "com.sun.", "reactor.",
			"io.r2dbc.", "io.netty.", "org.springframework.", "org.junit.", "org.reactivestreams.", "org.apache.",
			"kotlin.", "kotlinx.", "io.micrometer.", "org.aopalliance.", "io.trunkline.test.session.",
			"io.trunkline.connection.");

	private CallSite() {
	}

	static String current() {
		return StackWalker.getInstance()
			.walk((frames) -> frames.limit(DEEPEST)
				.filter(CallSite::isApplication)
				.findFirst()
				.map((frame) -> frame.toStackTraceElement().toString()))
			.orElseGet(() -> "thread " + Thread.currentThread().getName());
	}

	private static boolean isApplication(StackFrame frame) {
		String name = frame.getClassName();
		return (name.endsWith("Tests") || MACHINERY.stream().noneMatch(name::startsWith)) && !name.contains("$$");
	}

}
