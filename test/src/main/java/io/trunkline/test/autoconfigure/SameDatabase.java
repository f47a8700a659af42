package io.trunkline.test.autoconfigure;

import io.r2dbc.spi.ConnectionFactoryOptions;

import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/**
 * The database of an R2DBC URL, over JDBC.
 *
 * @param options the R2DBC options
 */
record SameDatabase(ConnectionFactoryOptions options) implements JdbcConnectionDetails {

	@Override
	public String getUsername() {
		return String.valueOf(this.options.getRequiredValue(ConnectionFactoryOptions.USER));
	}

	@Override
	public String getPassword() {
		Object password = this.options.getValue(ConnectionFactoryOptions.PASSWORD);
		return (password != null) ? password.toString() : "";
	}

	@Override
	public String getDriverClassName() {
		return "org.postgresql.Driver";
	}

	@Override
	public String getJdbcUrl() {
		Object port = this.options.getValue(ConnectionFactoryOptions.PORT);
		return "jdbc:postgresql://%s:%s/%s".formatted(this.options.getRequiredValue(ConnectionFactoryOptions.HOST),
				(port != null) ? port : 5432, this.options.getRequiredValue(ConnectionFactoryOptions.DATABASE));
	}

}
