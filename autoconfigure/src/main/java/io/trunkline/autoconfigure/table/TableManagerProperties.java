package io.trunkline.autoconfigure.table;

import io.trunkline.table.TableManager;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.logging.LogLevel;

/**
 * Properties of the table manager.
 *
 * @since 0.1.0
 */
@ConfigurationProperties("trunkline.table")
public class TableManagerProperties {

	/**
	 * Whether to auto-configure the table manager.
	 */
	private boolean enabled = true;

	/**
	 * Password that deleteAll, truncate and dropTable take; without one they are
	 * disabled. Plain, or encoded with its encoding in front, such as {bcrypt}…, for
	 * which spring-security-crypto must be on the class path.
	 */
	private @Nullable String deletionPassword;

	/**
	 * Level at which the SQL of each statement is logged to io.trunkline.table.sql, with
	 * $1 for values.
	 */
	private LogLevel sqlEcho = LogLevel.OFF;

	/**
	 * How many rows of a select the server makes and the client holds at once; 0 for all
	 * of them in one go.
	 */
	private int fetchSize = TableManager.Builder.DEFAULT_FETCH_SIZE;

	/**
	 * From how many rows on inserts and upserts go through a temporary table instead of
	 * one statement. So many rows are held in memory.
	 */
	private int stagingThreshold = TableManager.Builder.DEFAULT_STAGING_THRESHOLD;

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public @Nullable String getDeletionPassword() {
		return this.deletionPassword;
	}

	public void setDeletionPassword(@Nullable String deletionPassword) {
		this.deletionPassword = deletionPassword;
	}

	public LogLevel getSqlEcho() {
		return this.sqlEcho;
	}

	public void setSqlEcho(LogLevel sqlEcho) {
		this.sqlEcho = sqlEcho;
	}

	public int getFetchSize() {
		return this.fetchSize;
	}

	public void setFetchSize(int fetchSize) {
		this.fetchSize = fetchSize;
	}

	public int getStagingThreshold() {
		return this.stagingThreshold;
	}

	public void setStagingThreshold(int stagingThreshold) {
		this.stagingThreshold = stagingThreshold;
	}

}
