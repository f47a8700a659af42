package io.trunkline.notification;

import java.time.Duration;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Result;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sends a notification from a connection of its own. A pooler that gives each transaction
 * another session keeps it from whoever listens: the session that LISTEN was sent to has
 * no client when it comes.
 */
final class DeliveryProbe {

	/**
	 * How often the listening connection is asked before the notification is given up.
	 */
	static final int CHECKS = 5;

	static final Duration PAUSE = Duration.ofMillis(200);

	private static final Log logger = LogFactory.getLog(DeliveryProbe.class);

	private final ConnectionFactory connectionFactory;

	private final Duration timeout;

	DeliveryProbe(ConnectionFactory connectionFactory, Duration timeout) {
		this.connectionFactory = connectionFactory;
		this.timeout = timeout;
	}

	/**
	 * Send an empty notification.
	 * @return whether it was sent; if not, nothing is known
	 */
	Mono<Boolean> send(String channel) {
		return Flux
			.usingWhen(Mono.<Connection>from(this.connectionFactory.create()),
					(connection) -> notify(connection, channel), Connection::close)
			.then(Mono.just(true))
			.timeout(this.timeout)
			.onErrorResume((ex) -> {
				logger.debug("Could not try whether notifications arrive", ex);
				return Mono.just(false);
			});
	}

	private static Flux<Long> notify(Connection connection, String channel) {
		return Flux.from(connection.createStatement("NOTIFY \"" + channel + "\"").execute())
			.concatMap(Result::getRowsUpdated);
	}

}
