package io.trunkline.test.context;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.IsolationLevel;
import io.trunkline.test.DatabasePerTest;
import io.trunkline.test.RollbackPerTest;
import io.trunkline.test.context.TestSettings.LogSql;
import io.trunkline.test.session.SessionOptions;
import io.trunkline.test.session.SessionSlot;
import io.trunkline.test.session.StatementLog;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.test.annotation.Rollback;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestContextAnnotationUtils;
import org.springframework.test.context.TestContextAnnotationUtils.AnnotationDescriptor;
import org.springframework.test.context.support.AbstractTestExecutionListener;
import org.springframework.transaction.annotation.Isolation;

/**
 * Opens the sessions of a test before {@code @BeforeEach}, and ends them after
 * {@code @AfterEach}.
 */
final class RollbackTestExecutionListener extends AbstractTestExecutionListener {

	/**
	 * An attribute of a test that failed at its end.
	 */
	static final String FAILED = RollbackTestExecutionListener.class.getName() + ".failed";

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private static final Log logger = LogFactory.getLog("io.trunkline.test.sql");

	@Override
	public int getOrder() {
		return 4000;
	}

	@Override
	public void beforeTestMethod(TestContext testContext) {
		RollbackPerTest annotation = annotation(testContext);
		if (annotation == null) {
			beReal(testContext);
			openSlots(testContext).forEach((slot) -> slot.beginOther(name(testContext)));
			return;
		}
		ApplicationContext context = testContext.getApplicationContext();
		TestSettings settings = SessionSlots.of(context).settings(context);
		OpenSessions open = new OpenSessions(settings.logSql());
		testContext.setAttribute(OpenSessions.ATTRIBUTE, open);
		SessionOptions options = new SessionOptions(settings.waitTimeout(), settings.endTimeout(),
				isolationLevel(annotation.isolation()));
		SessionSlots.required(context, RollbackPerTest.class).forEach((slot) -> open.add(slot, options));
	}

	private static @Nullable IsolationLevel isolationLevel(Isolation isolation) {
		return switch (isolation) {
			case DEFAULT -> null;
			case READ_UNCOMMITTED -> IsolationLevel.READ_UNCOMMITTED;
			case READ_COMMITTED -> IsolationLevel.READ_COMMITTED;
			case REPEATABLE_READ -> IsolationLevel.REPEATABLE_READ;
			case SERIALIZABLE -> IsolationLevel.SERIALIZABLE;
		};
	}

	/**
	 * Return the annotation that holds for a test. A test that is to have a database of
	 * its own within a class of tests that are rolled back is one that must commit.
	 */
	private static @Nullable RollbackPerTest annotation(TestContext testContext) {
		Method method = testContext.getTestMethod();
		RollbackPerTest onMethod = AnnotatedElementUtils.findMergedAnnotation(method, RollbackPerTest.class);
		if (onMethod != null) {
			return onMethod;
		}
		AnnotationDescriptor<RollbackPerTest> onClass = TestContextAnnotationUtils
			.findAnnotationDescriptor(testContext.getTestClass(), RollbackPerTest.class);
		if (onClass == null || AnnotatedElementUtils.hasAnnotation(method, DatabasePerTest.class)) {
			return null;
		}
		AnnotationDescriptor<DatabasePerTest> database = TestContextAnnotationUtils
			.findAnnotationDescriptor(testContext.getTestClass(), DatabasePerTest.class);
		return (database != null && isNearer(database.getRootDeclaringClass(), onClass.getRootDeclaringClass())) ? null
				: onClass.getAnnotation();
	}

	private static boolean isNearer(Class<?> declaring, Class<?> other) {
		if (declaring == other) {
			return false;
		}
		for (Class<?> current = declaring; current != null; current = current.getEnclosingClass()) {
			if (other.isAssignableFrom(current)) {
				return true;
			}
		}
		return false;
	}

	private static boolean commits(TestContext testContext) {
		Method method = testContext.getTestMethod();
		Rollback rollback = AnnotatedElementUtils.findMergedAnnotation(method, Rollback.class);
		if (rollback == null) {
			rollback = TestContextAnnotationUtils.findMergedAnnotation(testContext.getTestClass(), Rollback.class);
		}
		return rollback != null && !rollback.value();
	}

	@Override
	public void afterTestMethod(TestContext testContext) {
		OpenSessions open = (OpenSessions) testContext.removeAttribute(OpenSessions.ATTRIBUTE);
		if (open == null) {
			openSlots(testContext).forEach((slot) -> slot.endOther(name(testContext)));
			return;
		}
		RuntimeException failure = open.end(commits(testContext));
		boolean failed = failure != null || testContext.getTestException() != null;
		if (open.logSql.applies(failed)) {
			logger.info("SQL of " + testContext.getTestClass().getName() + "." + testContext.getTestMethod().getName()
					+ open.statements()
						.stream()
						.map(StatementLog.Entry::toString)
						.collect(Collectors.joining(System.lineSeparator() + "  ", ":" + System.lineSeparator() + "  ",
								"")));
		}
		if (failure != null) {
			testContext.setAttribute(FAILED, true);
			throw failure;
		}
	}

	@Override
	public void afterTestClass(TestContext testContext) {
		beReal(testContext);
	}

	/**
	 * Whoever runs without the annotation means to use real connections, and finds
	 * nothing that is still to be rolled back.
	 */
	private static void beReal(TestContext testContext) {
		openSlots(testContext).forEach((slot) -> {
			slot.betweenTests(false);
			slot.giveBack().block(LONGEST);
		});
	}

	/**
	 * The slots of a context that is there already.
	 */
	private static Collection<SessionSlot> openSlots(TestContext testContext) {
		return testContext.hasApplicationContext() ? SessionSlots.in(testContext.getApplicationContext()) : List.of();
	}

	private static String name(TestContext testContext) {
		return testContext.getTestClass().getName() + "." + testContext.getTestMethod().getName() + " on "
				+ Thread.currentThread().getName();
	}

	/**
	 * The sessions of one test.
	 */
	static final class OpenSessions {

		static final String ATTRIBUTE = OpenSessions.class.getName();

		private final List<SessionSlot> slots = new ArrayList<>();

		private final List<StatementLog.Entry> statements = new ArrayList<>();

		private final LogSql logSql;

		OpenSessions(LogSql logSql) {
			this.logSql = logSql;
		}

		void add(SessionSlot slot, SessionOptions options) {
			slot.betweenTests(false);
			slot.enter(options);
			this.slots.add(slot);
		}

		List<StatementLog.Entry> statements() {
			return this.statements;
		}

		@Nullable RuntimeException end(boolean commit) {
			RuntimeException failure = null;
			for (SessionSlot slot : this.slots) {
				try {
					(commit ? slot.end(true) : slot.endAndKeep()).block(LONGEST);
				}
				catch (RuntimeException ex) {
					if (failure == null) {
						failure = ex;
					}
					else {
						failure.addSuppressed(ex);
					}
				}
				finally {
					this.statements.addAll(slot.statements());
					slot.leave();
					slot.betweenTests(true);
				}
			}
			return failure;
		}

	}

}
