package io.trunkline.test;

import java.time.Duration;

import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.test.session.SessionOptions;
import io.trunkline.test.session.SessionSlot;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

import org.springframework.util.Assert;

/**
 * Runs each test in one transaction that is rolled back after it, as
 * {@link RollbackPerTest} does, without a Spring context: <pre>
 * &#64;RegisterExtension
 * static final RollbackExtension database = RollbackExtension.of(connectionFactory);
 * </pre> What is to take part gets its connections from {@link #connectionFactory()}. A
 * test method takes a {@code Connection}, which is closed after the test, a
 * {@code ConnectionFactory}, {@link TestStatements}, and every interface of Trunkline's
 * as a parameter.
 *
 * @since 0.1.0
 */
public final class RollbackExtension implements BeforeEachCallback, AfterEachCallback, ParameterResolver {

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private static final String ENTERED = "entered";

	private final SessionSlot slot;

	private final Duration waitTimeout;

	private RollbackExtension(ConnectionFactory connectionFactory, Duration waitTimeout) {
		this.slot = new SessionSlot(connectionFactory);
		this.waitTimeout = waitTimeout;
	}

	/**
	 * Create an extension.
	 * @param connectionFactory where the tests' connections come from, a pool or not
	 * @return the extension
	 */
	public static RollbackExtension of(ConnectionFactory connectionFactory) {
		Assert.notNull(connectionFactory, "'connectionFactory' must not be null");
		return new RollbackExtension(connectionFactory, SessionOptions.DEFAULT.waitTimeout());
	}

	/**
	 * Let statements and transactions wait for one another for so long, and no longer.
	 * @param timeout the time, 10 seconds by default
	 * @return another extension
	 */
	public RollbackExtension waitTimeout(Duration timeout) {
		Assert.isTrue(!timeout.isNegative() && !timeout.isZero(), "'timeout' must be positive");
		return new RollbackExtension(this.slot.target(), timeout);
	}

	/**
	 * Return the factory whose connections share the transaction of the running test.
	 * Between tests it gives real connections.
	 * @return the factory, the same one for all tests
	 */
	public ConnectionFactory connectionFactory() {
		return this.slot;
	}

	@Override
	public void beforeEach(ExtensionContext context) {
		SessionOptions options = new SessionOptions(this.waitTimeout, SessionOptions.DEFAULT.endTimeout(), null);
		this.slot.enter(options);
		store(context).put(ENTERED, true);
	}

	/**
	 * JUnit calls {@code afterEach} for a test as well that was refused because another
	 * one is running.
	 */
	private ExtensionContext.Store store(ExtensionContext context) {
		return context.getStore(ExtensionContext.Namespace.create(RollbackExtension.class, this));
	}

	@Override
	public void afterEach(ExtensionContext context) {
		if (store(context).remove(ENTERED) != null) {
			try {
				this.slot.end(false).block(LONGEST);
			}
			finally {
				this.slot.leave();
			}
		}
	}

	@Override
	public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
		return TestParameters.isSupported(parameter.getParameter());
	}

	@Override
	public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
		return TestParameters.resolve(parameter.getParameter().getType(), this.slot, context, this.slot::statements);
	}

}
