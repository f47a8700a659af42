package io.trunkline.test.context;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Names of databases that no other process takes. In containers every process may have
 * the same number, and what one of them left, because it was killed or to be looked at,
 * is still there when the next one comes.
 */
public final class DatabaseNames {

	private static final String JVM = "%d_%08x".formatted(ProcessHandle.current().pid(),
			ThreadLocalRandom.current().nextInt());

	private DatabaseNames() {
	}

	/**
	 * Return a name.
	 * @param kind what the database is
	 * @param number tells it from others of its kind
	 * @return the name, which needs no quotes
	 */
	public static String name(String kind, String number) {
		return "trunkline_" + kind + "_" + JVM + "_" + number;
	}

}
