package io.trunkline.test.context;

import io.trunkline.test.DatabasePerTest;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

import org.springframework.context.ApplicationContext;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestContextAnnotationUtils;
import org.springframework.test.context.support.AbstractTestExecutionListener;

/**
 * Leads the connection factories of a context to a clone for each test, or each class.
 */
final class DatabaseTestExecutionListener extends AbstractTestExecutionListener {

	private static final String CLASS_CLONES = DatabaseTestExecutionListener.class.getName() + ".class";

	private static final String METHOD_CLONES = DatabaseTestExecutionListener.class.getName() + ".method";

	/**
	 * Before the sessions are opened, so that they are on the clone.
	 */
	@Override
	public int getOrder() {
		return 3990;
	}

	private static @Nullable DatabasePerTest onClass(TestContext testContext) {
		return TestContextAnnotationUtils.findMergedAnnotation(testContext.getTestClass(), DatabasePerTest.class);
	}

	@Override
	public void beforeTestClass(TestContext testContext) {
		DatabasePerTest annotation = onClass(testContext);
		if (annotation != null && annotation.perClass()) {
			testContext.setAttribute(CLASS_CLONES, Clones.take(testContext.getApplicationContext()));
		}
		if (testContext.hasApplicationContext()) {
			EndedConnections.replace(testContext.getApplicationContext());
		}
	}

	@Override
	public void beforeTestMethod(TestContext testContext) {
		DatabasePerTest onClass = onClass(testContext);
		boolean onMethod = AnnotatedElementUtils.hasAnnotation(testContext.getTestMethod(), DatabasePerTest.class);
		if (onClass != null && onClass.perClass()) {
			followContext(testContext);
		}
		if (onMethod || onClass != null && !onClass.perClass()) {
			testContext.setAttribute(METHOD_CLONES, Clones.take(testContext.getApplicationContext()));
		}
		if (testContext.hasApplicationContext()) {
			EndedConnections.replace(testContext.getApplicationContext());
		}
	}

	/**
	 * A class whose tests close their context has another database with each context.
	 */
	private static void followContext(TestContext testContext) {
		ApplicationContext context = testContext.getApplicationContext();
		if (testContext.getAttribute(CLASS_CLONES) instanceof Clones clones && !clones.isOf(context)) {
			testContext.removeAttribute(CLASS_CLONES);
			clones.abandon();
			testContext.setAttribute(CLASS_CLONES, Clones.take(context));
		}
	}

	/**
	 * After the sessions have ended, which may have failed the test.
	 */
	@Override
	public void afterTestMethod(TestContext testContext) {
		boolean failed = isFailure(testContext.getTestException())
				|| testContext.removeAttribute(RollbackTestExecutionListener.FAILED) != null;
		Object classClones = testContext.getAttribute(CLASS_CLONES);
		Object methodClones = testContext.removeAttribute(METHOD_CLONES);
		if (failed && ((methodClones != null) ? methodClones : classClones) instanceof Clones clones) {
			clones.failed();
		}
		if (methodClones instanceof Clones clones) {
			clones.giveBack();
		}
	}

	/**
	 * An assumption that does not hold is none.
	 */
	private static boolean isFailure(@Nullable Throwable exception) {
		return exception != null && !(exception instanceof TestAbortedException);
	}

	@Override
	public void afterTestClass(TestContext testContext) {
		if (testContext.removeAttribute(CLASS_CLONES) instanceof Clones clones) {
			if (testContext.hasApplicationContext() && clones.isOf(testContext.getApplicationContext())) {
				clones.giveBack();
			}
			else {
				clones.abandon();
			}
		}
	}

}
