package io.trunkline.autoconfigure.schema;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.trunkline.schema.SchemaCatalog;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Properties of the schema catalogue.
 *
 * @since 0.1.0
 */
@ConfigurationProperties("trunkline.schema")
public class SchemaCatalogProperties {

	/**
	 * Whether to auto-configure the schema catalogue.
	 */
	private boolean enabled = true;

	/**
	 * Schemas that listings tell about. By default, all but the server's own.
	 */
	private List<String> schemas = new ArrayList<>();

	/**
	 * Patterns of the tables that listings tell about, as table or schema.table, with *
	 * and ? as wildcards. By default, all.
	 */
	private List<String> include = new ArrayList<>();

	/**
	 * Patterns of tables that listings leave out, as for include.
	 */
	private List<String> exclude = new ArrayList<>();

	/**
	 * How long a look-up outside of a transaction takes a known table to be unchanged
	 * before it asks the server; 0 to ask each time.
	 */
	private Duration verifyAfter = SchemaCatalog.Builder.DEFAULT_VERIFY_AFTER;

	/**
	 * Whether to read all listed tables when the application starts. Otherwise each table
	 * is read when it is first needed.
	 */
	private boolean loadOnStartup = false;

	/**
	 * Whether the application does not start when its tables cannot be read. Otherwise
	 * this is logged, and each table is read when it is first needed.
	 */
	private boolean failFast = true;

	/**
	 * How long reading at start-up may take.
	 */
	private Duration loadTimeout = Duration.ofSeconds(30);

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public List<String> getSchemas() {
		return this.schemas;
	}

	public void setSchemas(List<String> schemas) {
		this.schemas = schemas;
	}

	public List<String> getInclude() {
		return this.include;
	}

	public void setInclude(List<String> include) {
		this.include = include;
	}

	public List<String> getExclude() {
		return this.exclude;
	}

	public void setExclude(List<String> exclude) {
		this.exclude = exclude;
	}

	public Duration getVerifyAfter() {
		return this.verifyAfter;
	}

	public void setVerifyAfter(Duration verifyAfter) {
		this.verifyAfter = verifyAfter;
	}

	public boolean isLoadOnStartup() {
		return this.loadOnStartup;
	}

	public void setLoadOnStartup(boolean loadOnStartup) {
		this.loadOnStartup = loadOnStartup;
	}

	public boolean isFailFast() {
		return this.failFast;
	}

	public void setFailFast(boolean failFast) {
		this.failFast = failFast;
	}

	public Duration getLoadTimeout() {
		return this.loadTimeout;
	}

	public void setLoadTimeout(Duration loadTimeout) {
		this.loadTimeout = loadTimeout;
	}

}
