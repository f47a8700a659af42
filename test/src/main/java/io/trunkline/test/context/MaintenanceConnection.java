package io.trunkline.test.context;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.Statement;
import io.r2dbc.spi.ValidationDepth;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A connection for statements that make and drop databases, one at a time. To open one
 * takes the server as long as a drop does, so it stays open.
 */
final class MaintenanceConnection {

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private final ConnectionFactory connectionFactory;

	private @Nullable Connection connection;

	MaintenanceConnection(ConnectionFactory connectionFactory) {
		this.connectionFactory = connectionFactory;
	}

	/**
	 * Run a statement.
	 * @param parameters what is bound, by its place
	 * @return the first column of what it returns
	 */
	synchronized List<String> run(String sql, Object... parameters) {
		Statement statement = connection().createStatement(sql);
		for (int i = 0; i < parameters.length; i++) {
			statement.bind(i, parameters[i]);
		}
		return Objects.requireNonNull(Flux.from(statement.execute())
			.concatMap((result) -> result.map((row, metadata) -> String.valueOf(row.get(0))))
			.collectList()
			.block(LONGEST));
	}

	/**
	 * Others that make a template of the same database end the connections to it.
	 */
	private Connection connection() {
		Connection current = this.connection;
		if (current == null
				|| !Boolean.TRUE.equals(Mono.from(current.validate(ValidationDepth.REMOTE)).block(LONGEST))) {
			close();
			current = Objects.requireNonNull(Mono.<Connection>from(this.connectionFactory.create()).block(LONGEST));
			this.connection = current;
		}
		return current;
	}

	synchronized void close() {
		Connection current = this.connection;
		this.connection = null;
		if (current != null) {
			Mono.from(current.close()).onErrorComplete(R2dbcException.class).block(LONGEST);
		}
	}

}
