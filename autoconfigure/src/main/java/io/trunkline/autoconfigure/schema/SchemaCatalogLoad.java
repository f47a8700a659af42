package io.trunkline.autoconfigure.schema;

import java.time.Duration;

import io.trunkline.schema.SchemaCatalog;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.context.SmartLifecycle;
import org.springframework.core.log.LogMessage;

/**
 * Reads all tables once when the application starts: after the database was initialized,
 * and before anything is served.
 */
final class SchemaCatalogLoad implements SmartLifecycle {

	private static final Log logger = LogFactory.getLog(SchemaCatalogLoad.class);

	private final SchemaCatalog catalog;

	private final Duration timeout;

	private final boolean failFast;

	private volatile boolean running;

	SchemaCatalogLoad(SchemaCatalog catalog, Duration timeout, boolean failFast) {
		this.catalog = catalog;
		this.timeout = timeout;
		this.failFast = failFast;
	}

	@Override
	public void start() {
		this.running = true;
		long start = System.nanoTime();
		try {
			Long tables = this.catalog.tables().count().block(this.timeout);
			logger.info(LogMessage.format("Read %d tables and views in %d ms", tables,
					(System.nanoTime() - start) / 1_000_000));
		}
		catch (RuntimeException ex) {
			if (this.failFast) {
				throw new SchemaLoadException(ex);
			}
			logger.warn(LogMessage.format(
					"The tables were not read at start-up; each is read when it is first needed: %s", ex.getMessage()));
		}
	}

	@Override
	public void stop() {
		this.running = false;
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	/**
	 * Before the servers of the application start.
	 */
	@Override
	public int getPhase() {
		return Integer.MIN_VALUE + 1000;
	}

}
