package io.trunkline.test.autoconfigure;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;

import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.Option;

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

	/**
	 * What decides where tables are made, and how the server lets us in, goes with it.
	 */
	public String getJdbcUrl() {
		StringJoiner parameters = new StringJoiner("&", "?", "").setEmptyValue("");
		option("schema").ifPresent((schema) -> parameters.add("currentSchema=" + encode(schema)));
		option("ssl").ifPresent((ssl) -> parameters.add("ssl=" + ssl));
		option("sslMode")
			.ifPresent((mode) -> parameters.add("sslmode=" + mode.toLowerCase(Locale.ROOT).replace('_', '-')));
		return "jdbc:postgresql://%s:%s/%s%s".formatted(this.options.getRequiredValue(ConnectionFactoryOptions.HOST),
				option(ConnectionFactoryOptions.PORT.name()).orElse("5432"),
				encode(String.valueOf(this.options.getRequiredValue(ConnectionFactoryOptions.DATABASE))), parameters);
	}

	private Optional<String> option(String name) {
		return Optional.ofNullable(this.options.getValue(Option.valueOf(name))).map(Object::toString);
	}

	private static String encode(String text) {
		return URLEncoder.encode(text, StandardCharsets.UTF_8);
	}

}
