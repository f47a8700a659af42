package io.trunkline.test.context;

import org.springframework.context.ApplicationContext;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestContextAnnotationUtils;
import org.springframework.test.context.jdbc.Sql;
import org.springframework.test.context.jdbc.SqlGroup;
import org.springframework.test.context.support.AbstractTestExecutionListener;

/**
 * Gives Spring's listener of {@code @Sql} what it runs its scripts over, before it looks
 * for that: those of a class run before its first test.
 */
final class SqlTestExecutionListener extends AbstractTestExecutionListener {

	@Override
	public int getOrder() {
		return 4010;
	}

	@Override
	public void beforeTestClass(TestContext testContext) {
		if (hasScripts(testContext.getTestClass())) {
			runScripts(testContext.getApplicationContext());
		}
	}

	@Override
	public void beforeTestMethod(TestContext testContext) {
		if (hasScripts(testContext.getTestClass())
				|| AnnotatedElementUtils.hasAnnotation(testContext.getTestMethod(), Sql.class)
				|| AnnotatedElementUtils.hasAnnotation(testContext.getTestMethod(), SqlGroup.class)) {
			runScripts(testContext.getApplicationContext());
		}
	}

	private static boolean hasScripts(Class<?> testClass) {
		return TestContextAnnotationUtils.hasAnnotation(testClass, Sql.class)
				|| TestContextAnnotationUtils.hasAnnotation(testClass, SqlGroup.class);
	}

	private static void runScripts(ApplicationContext context) {
		if (context.containsLocalBean(SessionSlots.NAME)) {
			SessionSlots.of(context).runScripts(context);
		}
	}

}
