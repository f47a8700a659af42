package io.trunkline.test.autoconfigure;

import io.r2dbc.spi.ConnectionFactoryOptions;

import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;

/**
 * The database of an R2DBC URL, over JDBC. Each library has a type of its own for that,
 * with the same methods.
 */
abstract class SameDatabase {

	private final ConnectionFactoryOptions options;

	SameDatabase(R2dbcConnectionDetails details) {
		this.options = details.getConnectionFactoryOptions();
	}

	public String getUsername() {
		return String.valueOf(this.options.getRequiredValue(ConnectionFactoryOptions.USER));
	}

	public String getPassword() {
		Object password = this.options.getValue(ConnectionFactoryOptions.PASSWORD);
		return (password != null) ? password.toString() : "";
	}

	public String getDriverClassName() {
		return "org.postgresql.Driver";
	}

	public String getJdbcUrl() {
		Object port = this.options.getValue(ConnectionFactoryOptions.PORT);
		return "jdbc:postgresql://%s:%s/%s".formatted(this.options.getRequiredValue(ConnectionFactoryOptions.HOST),
				(port != null) ? port : 5432, this.options.getRequiredValue(ConnectionFactoryOptions.DATABASE));
	}

}
