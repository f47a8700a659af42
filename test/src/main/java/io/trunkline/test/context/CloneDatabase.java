package io.trunkline.test.context;

import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;

/**
 * A database that one test, or one class, has for itself, and what leads to it.
 */
final class CloneDatabase {

	private final TemplateDatabase template;

	private final String name;

	private final Map<ConnectionFactory, ConnectionFactory> connectionFactories = new IdentityHashMap<>();

	CloneDatabase(TemplateDatabase template, String name) {
		this.template = template;
		this.name = name;
	}

	/**
	 * Return its name.
	 */
	String name() {
		return this.name;
	}

	/**
	 * Return its URL, without credentials.
	 */
	String url() {
		return this.template.url(this.name);
	}

	/**
	 * Return what leads to it as a factory of the application leads to the original: with
	 * the same role, and by a pool where that is one.
	 * @param model the application's factory
	 * @param options what that was made with
	 */
	synchronized ConnectionFactory connectionFactory(ConnectionFactory model, ConnectionFactoryOptions options) {
		return this.connectionFactories.computeIfAbsent(model, (key) -> {
			ConnectionFactory direct = DirectConnections.to(options, this.name);
			return Pools.isPooled(model) ? Pools.like(model, direct) : direct;
		});
	}

	/**
	 * Return all that lead to it.
	 */
	synchronized Collection<ConnectionFactory> connectionFactories() {
		return List.copyOf(this.connectionFactories.values());
	}

	/**
	 * Close its connections, and drop it, while the tests go on.
	 * @param keep whether the database stays
	 */
	void end(boolean keep) {
		this.template.end(this, keep);
	}

}
