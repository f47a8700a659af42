package io.trunkline.test.context;

import io.r2dbc.spi.ConnectionFactory;

/**
 * A database that one test, or one class, has for itself.
 *
 * @param template what it is a clone of
 * @param name its name
 * @param connectionFactory what leads to it, a pool where the application has one
 */
record CloneDatabase(TemplateDatabase template, String name, ConnectionFactory connectionFactory) {

	/**
	 * Return its URL, without credentials.
	 */
	String url() {
		return this.template.url(this.name);
	}

	/**
	 * Close its connections, and drop it, while the tests go on.
	 * @param keep whether the database stays
	 */
	void end(boolean keep) {
		this.template.end(this, keep);
	}

}
