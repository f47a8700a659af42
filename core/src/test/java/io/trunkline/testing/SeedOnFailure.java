package io.trunkline.testing;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Prints the seed of a test that fails, whatever it fails with.
 */
public final class SeedOnFailure implements TestWatcher {

	private final long seed;

	public SeedOnFailure(long seed) {
		this.seed = seed;
	}

	@Override
	public void testFailed(ExtensionContext context, Throwable cause) {
		System.err.println(context.getRequiredTestClass().getSimpleName() + " " + context.getDisplayName()
				+ " failed with seed " + this.seed);
	}

}
