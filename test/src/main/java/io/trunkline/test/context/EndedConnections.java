package io.trunkline.test.context;

import java.util.concurrent.atomic.AtomicInteger;

import io.trunkline.test.session.SessionSlot;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ApplicationContext;

/**
 * Has the pools of a context replace what was ended to make a template: its own
 * connections, or those of every context that uses the same database.
 */
final class EndedConnections {

	private static final AtomicInteger times = new AtomicInteger();

	private int seen;

	private EndedConnections() {
	}

	/**
	 * Take note that connections were ended.
	 */
	static void happened() {
		times.incrementAndGet();
	}

	/**
	 * Replace the connections of a context, where some were ended since the last call.
	 */
	static void replace(ApplicationContext context) {
		int now = times.get();
		if (now > 0) {
			of(context).replace(context, now);
		}
	}

	private static synchronized EndedConnections of(ApplicationContext context) {
		String name = EndedConnections.class.getName();
		if (!context.containsBean(name)) {
			((ConfigurableListableBeanFactory) context.getAutowireCapableBeanFactory()).registerSingleton(name,
					new EndedConnections());
		}
		return context.getBean(name, EndedConnections.class);
	}

	private synchronized void replace(ApplicationContext context, int now) {
		if (this.seen == now) {
			return;
		}
		this.seen = now;
		for (SessionSlot slot : SessionSlots.in(context)) {
			if (Pools.isPooled(slot.target())) {
				Pools.replaceEnded(slot.target());
			}
		}
	}

}
