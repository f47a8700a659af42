package io.trunkline.test;

import java.time.Duration;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;

import org.springframework.boot.r2dbc.OptionsCapableConnectionFactory;
import org.springframework.r2dbc.core.DatabaseClient;

/**
 * Connection factories as Spring Boot makes them, which tell the database that they lead
 * to, and questions about it.
 */
final class TestFactories {

	private static final Duration LONG = Duration.ofSeconds(30);

	private TestFactories() {
	}

	static ConnectionFactory factory(ConnectionFactoryOptions options) {
		return new OptionsCapableConnectionFactory(options, ConnectionFactories.get(options));
	}

	static void execute(ConnectionFactory factory, String sql) {
		DatabaseClient.create(factory).sql(sql).then().block(LONG);
	}

	static String text(ConnectionFactory factory, String expression) {
		return DatabaseClient.create(factory)
			.sql("SELECT " + expression + "::text")
			.mapValue(String.class)
			.one()
			.block(LONG);
	}

}
