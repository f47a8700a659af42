package io.trunkline.test.context;

import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.notification.NotificationBus;
import io.trunkline.test.DatabasePerTest;
import io.trunkline.test.session.SessionSlot;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.support.DefaultSingletonBeanRegistry;
import org.springframework.boot.r2dbc.OptionsCapableConnectionFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestContextAnnotationUtils;
import org.springframework.test.context.support.AbstractTestExecutionListener;

/**
 * Leads the connection factories of a context to a clone for each test, or each class.
 */
final class DatabaseTestExecutionListener extends AbstractTestExecutionListener {

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private static final String CLASS_CLONES = DatabaseTestExecutionListener.class.getName() + ".class";

	private static final String METHOD_CLONES = DatabaseTestExecutionListener.class.getName() + ".method";

	private static final Log logger = LogFactory.getLog(DatabasePerTest.class);

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
		if (onMethod || onClass != null && !onClass.perClass()) {
			testContext.setAttribute(METHOD_CLONES, Clones.take(testContext.getApplicationContext()));
		}
		if (onMethod || onClass != null) {
			ApplicationContext context = testContext.getApplicationContext();
			RollbackTestExecutionListener.slots(context).runScripts(context);
		}
		if (testContext.hasApplicationContext()) {
			EndedConnections.replace(testContext.getApplicationContext());
		}
	}

	@Override
	public void afterTestMethod(TestContext testContext) {
		boolean failed = testContext.getTestException() != null;
		if (testContext.removeAttribute(METHOD_CLONES) instanceof Clones clones) {
			clones.giveBack(failed && keeps(testContext));
		}
		else if (failed && testContext.getAttribute(CLASS_CLONES) instanceof Clones clones) {
			clones.failed = true;
		}
	}

	@Override
	public void afterTestClass(TestContext testContext) {
		if (testContext.removeAttribute(CLASS_CLONES) instanceof Clones clones) {
			clones.giveBack(clones.failed && keeps(testContext));
		}
	}

	private static boolean keeps(TestContext testContext) {
		ApplicationContext context = testContext.getApplicationContext();
		return RollbackTestExecutionListener.slots(context).settings(context).keepFailedDatabase();
	}

	/**
	 * The templates of a context, by slot.
	 */
	private static final class Templates implements DisposableBean {

		private final Map<SessionSlot, TemplateDatabase> templates = new IdentityHashMap<>();

		static synchronized Templates of(ApplicationContext context) {
			String name = Templates.class.getName();
			if (!context.containsBean(name)) {
				Templates templates = new Templates();
				DefaultSingletonBeanRegistry registry = (DefaultSingletonBeanRegistry) context
					.getAutowireCapableBeanFactory();
				registry.registerSingleton(name, templates);
				registry.registerDisposableBean(name, templates);
			}
			return context.getBean(name, Templates.class);
		}

		synchronized TemplateDatabase template(SessionSlot slot) {
			return this.templates.computeIfAbsent(slot,
					(key) -> TemplateDatabase.of(key.target(), options(key.target())));
		}

		private static ConnectionFactoryOptions options(ConnectionFactory factory) {
			OptionsCapableConnectionFactory capable = OptionsCapableConnectionFactory.unwrapFrom(factory);
			if (capable == null) {
				throw new IllegalStateException("@DatabasePerTest cannot tell which database " + factory
						+ " leads to: make it with Spring Boot's ConnectionFactoryBuilder");
			}
			return capable.getOptions();
		}

		@Override
		public synchronized void destroy() {
			this.templates.values().forEach(TemplateDatabase::close);
		}

	}

	/**
	 * The clones that a test uses, one for each slot.
	 */
	private static final class Clones {

		private final List<CloneDatabase> databases = new ArrayList<>();

		private final List<Runnable> returns = new ArrayList<>();

		private final List<NotificationBus> buses;

		private boolean failed;

		private Clones(List<NotificationBus> buses) {
			this.buses = buses;
		}

		/**
		 * Have them listen where the connection factories lead now.
		 */
		private void moveBuses() {
			this.buses.forEach((bus) -> bus.reconnect().block(LONGEST));
		}

		static Clones take(ApplicationContext context) {
			Clones clones = new Clones(context.getBeanProvider(NotificationBus.class).stream().toList());
			for (SessionSlot slot : RollbackTestExecutionListener.slots(context).postgres()) {
				// The making of a template ends all connections.
				slot.giveBack().block(LONGEST);
				clones.take(slot, Templates.of(context).template(slot));
			}
			clones.moveBuses();
			return clones;
		}

		private void take(SessionSlot slot, TemplateDatabase template) {
			CloneDatabase database = template.take();
			this.databases.add(database);
			ConnectionFactory before = slot.swapped();
			slot.swap(database.connectionFactory());
			this.returns.add(() -> {
				slot.giveBack().block(LONGEST);
				slot.swap(before);
			});
		}

		void giveBack(boolean keep) {
			this.returns.forEach(Runnable::run);
			try {
				moveBuses();
			}
			finally {
				this.databases.forEach((database) -> database.end(keep));
			}
			if (keep) {
				logger.warn("The test failed; its database stays: "
						+ this.databases.stream().map(CloneDatabase::url).collect(Collectors.joining(", ")));
			}
		}

	}

}
