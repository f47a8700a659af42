package io.trunkline.sample;

import java.util.Objects;

import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.Option;
import io.trunkline.embedded.EmbeddedPostgresServer;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Tells on the console where the page and the database are.
 */
@Component
class ReadyMessage {

	private final R2dbcConnectionDetails connectionDetails;

	private final ObjectProvider<EmbeddedPostgresServer> embedded;

	ReadyMessage(R2dbcConnectionDetails connectionDetails, ObjectProvider<EmbeddedPostgresServer> embedded) {
		this.connectionDetails = connectionDetails;
		this.embedded = embedded;
	}

	@EventListener
	void print(ApplicationReadyEvent event) {
		if (event.getApplicationContext() instanceof WebServerApplicationContext context) {
			String address = context.getEnvironment().getProperty("server.address", "localhost");
			System.out.printf(
					"%n  Trunkline sample application%n    Page      http://%s:%d/%n    Database  psql %s%n%n", address,
					Objects.requireNonNull(context.getWebServer()).getPort(), databaseUrl());
		}
	}

	/**
	 * The password is shown of the embedded server only, whose data is no secret.
	 */
	private String databaseUrl() {
		ConnectionFactoryOptions options = this.connectionDetails.getConnectionFactoryOptions();
		EmbeddedPostgresServer server = this.embedded.getIfAvailable();
		String password = (server != null) ? ":" + server.getPassword() : "";
		return "postgresql://" + value(options, ConnectionFactoryOptions.USER, "postgres") + password + "@"
				+ value(options, ConnectionFactoryOptions.HOST, "localhost") + ":"
				+ value(options, ConnectionFactoryOptions.PORT, "5432") + "/"
				+ value(options, ConnectionFactoryOptions.DATABASE, "postgres");
	}

	private static Object value(ConnectionFactoryOptions options, Option<?> option, Object fallback) {
		return Objects.requireNonNullElse(options.getValue(option), fallback);
	}

}
