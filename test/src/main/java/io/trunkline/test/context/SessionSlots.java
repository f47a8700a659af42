package io.trunkline.test.context;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Wrapped;
import io.trunkline.test.session.SessionSlot;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationContext;

/**
 * The slots of a context: one for each connection factory that stands on no other of its
 * beans. A pool of another bean's connections shares the slot of that bean.
 */
final class SessionSlots implements DisposableBean {

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private final Map<String, SessionSlot> slots = new LinkedHashMap<>();

	private @Nullable TestSettings settings;

	private final AtomicBoolean runsScripts = new AtomicBoolean();

	private volatile boolean madeLazy;

	synchronized SessionSlot slot(ConnectionFactory factory, String beanName) {
		SessionSlot below = below(factory);
		if (below != null) {
			return below;
		}
		SessionSlot slot = new SessionSlot(factory);
		this.slots.put(beanName, slot);
		return slot;
	}

	private static @Nullable SessionSlot below(ConnectionFactory factory) {
		Object current = factory;
		while (current instanceof Wrapped<?> wrapped) {
			current = wrapped.unwrap();
			if (current instanceof SlotHolder holder) {
				return holder.trunklineSlot();
			}
		}
		return null;
	}

	/**
	 * Return the slots of a context that lead to PostgreSQL, of the factories that are
	 * there already.
	 */
	static Collection<SessionSlot> in(ApplicationContext context) {
		return (context.getBeanNamesForType(SessionSlots.class).length == 1)
				? context.getBean(SessionSlots.class).postgres() : List.of();
	}

	/**
	 * Return the settings of the context, which do not change.
	 */
	synchronized TestSettings settings(ApplicationContext context) {
		TestSettings settings = this.settings;
		if (settings == null) {
			settings = TestSettings.of(context.getEnvironment());
			this.settings = settings;
		}
		return settings;
	}

	/**
	 * Make the connection factories that are made when somebody asks for them.
	 */
	void makeLazy(ApplicationContext context) {
		if (!this.madeLazy) {
			context.getBeanProvider(ConnectionFactory.class).stream().forEach((factory) -> {
			});
			this.madeLazy = true;
		}
	}

	/**
	 * Let scripts of tests run over R2DBC. To look for a data source takes long in a
	 * context of many beans.
	 */
	void runScripts(ApplicationContext context) {
		if (this.runsScripts.compareAndSet(false, true)) {
			SqlDataSource.register(context);
		}
	}

	/**
	 * Return the slots that lead to PostgreSQL.
	 */
	synchronized Collection<SessionSlot> postgres() {
		return List.copyOf(this.slots.values())
			.stream()
			.filter((slot) -> "PostgreSQL".equals(slot.getMetadata().getName()))
			.toList();
	}

	/**
	 * The context may be closed between two tests of a class.
	 */
	@Override
	public synchronized void destroy() {
		this.slots.values().forEach((slot) -> slot.giveBack().block(LONGEST));
	}

}
