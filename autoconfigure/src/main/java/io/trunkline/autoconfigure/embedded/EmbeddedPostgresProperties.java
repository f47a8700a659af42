package io.trunkline.autoconfigure.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Properties of the embedded PostgreSQL server.
 *
 * @since 0.1.0
 */
@ConfigurationProperties("trunkline.embedded")
public class EmbeddedPostgresProperties {

	/**
	 * Whether to start an embedded server where nothing else gives a connection.
	 */
	private boolean enabled = true;

	/**
	 * Major version to expect, 14 to 18. Another one on the class path fails the start.
	 * By default, the one that is on the class path.
	 */
	private @Nullable Integer version;

	/**
	 * Directory that keeps the data across restarts. By default, a temporary one that is
	 * deleted when the application ends.
	 */
	private @Nullable Path dataDirectory;

	/**
	 * Whether temporary data is kept in memory where the system has 1 GiB of shared
	 * memory. By default, it is in tests.
	 */
	private @Nullable Boolean inMemory;

	/**
	 * Port to listen on, 0 for a free one.
	 */
	private int port = 0;

	/**
	 * Name of the database, which is created when it is missing.
	 */
	private String database = "postgres";

	/**
	 * Name of the superuser to connect as.
	 */
	private String username = "postgres";

	/**
	 * Password of the superuser.
	 */
	private String password = "postgres";

	/**
	 * Settings of the server by name. In a name, a dash stands for an underscore.
	 */
	private Map<String, String> settings = new LinkedHashMap<>();

	/**
	 * Level at which the logger 'io.trunkline.embedded.server' gets what the server
	 * prints.
	 */
	private Level logLevel = Level.DEBUG;

	/**
	 * How long the server may take until it accepts connections.
	 */
	private Duration startTimeout = Duration.ofSeconds(60);

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public @Nullable Integer getVersion() {
		return this.version;
	}

	public void setVersion(@Nullable Integer version) {
		this.version = version;
	}

	public @Nullable Path getDataDirectory() {
		return this.dataDirectory;
	}

	public void setDataDirectory(@Nullable Path dataDirectory) {
		this.dataDirectory = dataDirectory;
	}

	public @Nullable Boolean getInMemory() {
		return this.inMemory;
	}

	public void setInMemory(@Nullable Boolean inMemory) {
		this.inMemory = inMemory;
	}

	public int getPort() {
		return this.port;
	}

	public void setPort(int port) {
		this.port = port;
	}

	public String getDatabase() {
		return this.database;
	}

	public void setDatabase(String database) {
		this.database = database;
	}

	public String getUsername() {
		return this.username;
	}

	public void setUsername(String username) {
		this.username = username;
	}

	public String getPassword() {
		return this.password;
	}

	public void setPassword(String password) {
		this.password = password;
	}

	public Map<String, String> getSettings() {
		return this.settings;
	}

	public void setSettings(Map<String, String> settings) {
		this.settings = settings;
	}

	public Level getLogLevel() {
		return this.logLevel;
	}

	public void setLogLevel(Level logLevel) {
		this.logLevel = logLevel;
	}

	public Duration getStartTimeout() {
		return this.startTimeout;
	}

	public void setStartTimeout(Duration startTimeout) {
		this.startTimeout = startTimeout;
	}

}
