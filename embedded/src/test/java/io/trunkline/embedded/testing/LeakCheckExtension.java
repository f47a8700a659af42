package io.trunkline.embedded.testing;

import java.util.List;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class that leaves a Netty buffer unreleased, or releases one too often.
 * JUnit finds it through {@code META-INF/services}, so no test has to ask for it.
 *
 * @since 0.1.0
 */
public class LeakCheckExtension implements AfterAllCallback {

	@Override
	public void afterAll(ExtensionContext context) {
		// A nested class is checked with the class around it: a collection takes time.
		if (context.getRequiredTestClass().getEnclosingClass() != null
				&& context.getParent().flatMap(ExtensionContext::getTestClass).isPresent()) {
			return;
		}
		List<String> reports = FailingLeakDetector.takeReports();
		if (!reports.isEmpty()) {
			throw new AssertionError("%d leaked or over-released buffer(s) found after %s%n%s".formatted(reports.size(),
					context.getRequiredTestClass().getName(), String.join(System.lineSeparator(), reports)));
		}
	}

}
