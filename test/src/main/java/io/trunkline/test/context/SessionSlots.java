package io.trunkline.test.context;

import java.lang.annotation.Annotation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.Wrapped;
import io.trunkline.test.session.SessionSlot;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationContext;

/**
 * The slots of a context: one for each connection factory that stands on no other of its
 * beans. A pool of another bean's connections shares the slot of that bean.
 */
final class SessionSlots implements DisposableBean {

	static final String NAME = SessionSlots.class.getName();

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private final Map<String, SessionSlot> slots = new LinkedHashMap<>();

	private @Nullable TestSettings settings;

	private final AtomicBoolean runsScripts = new AtomicBoolean();

	private volatile List<String> bypassed = List.of();

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
	 * Return the slots of a context and of its parents that lead to PostgreSQL, of the
	 * factories that are there already.
	 */
	static List<SessionSlot> in(ApplicationContext context) {
		List<SessionSlot> slots = new ArrayList<>();
		for (ApplicationContext current = context; current != null; current = current.getParent()) {
			if (current.containsLocalBean(NAME)) {
				slots.addAll(0, current.getBean(NAME, SessionSlots.class).postgres());
			}
		}
		return slots;
	}

	/**
	 * Return the slots of a context and of its parents that lead to PostgreSQL, for a
	 * test that needs one.
	 * @param annotation what the test asks for
	 * @throws IllegalStateException if there is none, or a factory that has none
	 */
	static List<SessionSlot> required(ApplicationContext context, Class<? extends Annotation> annotation) {
		SessionSlots own = of(context);
		if (!own.bypassed.isEmpty()) {
			throw new IllegalStateException("@%s does not reach the connection factory '%s'"
				.formatted(annotation.getSimpleName(), String.join("', '", own.bypassed))
					+ ": a bean that overrides another one for the test, or that was registered as it is, is not"
					+ " processed as others are, and what goes over it would stay in the database");
		}
		List<SessionSlot> slots = in(context);
		if (slots.isEmpty()) {
			throw new IllegalStateException("@%s found no ConnectionFactory of PostgreSQL in the context of the test"
				.formatted(annotation.getSimpleName()));
		}
		return slots;
	}

	/**
	 * Return the slots of a context, after its connection factories have been made.
	 */
	static SessionSlots of(ApplicationContext context) {
		SessionSlots slots = context.getBean(SessionSlots.class);
		slots.makeLazy(context);
		return slots;
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
	private void makeLazy(ApplicationContext context) {
		if (!this.madeLazy) {
			this.bypassed = BeanFactoryUtils.beansOfTypeIncludingAncestors(context, ConnectionFactory.class)
				.entrySet()
				.stream()
				.filter((bean) -> !(bean.getValue() instanceof SlotHolder) && below(bean.getValue()) == null
						&& isPostgres(bean.getValue()))
				.map(Map.Entry::getKey)
				.toList();
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

	private synchronized Collection<SessionSlot> postgres() {
		return List.copyOf(this.slots.values()).stream().filter(SessionSlots::isPostgres).toList();
	}

	/**
	 * A factory that routes by tenant may not know before it is asked for a connection,
	 * and a mock knows nothing.
	 */
	private static boolean isPostgres(ConnectionFactory factory) {
		try {
			ConnectionFactoryMetadata metadata = factory.getMetadata();
			return metadata != null && "PostgreSQL".equals(metadata.getName());
		}
		catch (RuntimeException ex) {
			return false;
		}
	}

	/**
	 * The context may be closed between two tests of a class.
	 */
	@Override
	public synchronized void destroy() {
		this.slots.values().forEach((slot) -> slot.giveBack().block(LONGEST));
	}

}
