package io.trunkline.test.context;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.Wrapped;
import io.trunkline.test.session.SessionSlot;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

import org.springframework.boot.r2dbc.OptionsCapableConnectionFactory;

/**
 * What lies below an application's pool, for who keeps it, such as a notification bus: it
 * leads to the database that a test has for itself, too.
 */
final class FollowingConnectionFactory implements ConnectionFactory {

	private final SessionSlot slot;

	private final ConnectionFactory below;

	private FollowingConnectionFactory(SessionSlot slot, ConnectionFactory below) {
		this.slot = slot;
		this.below = below;
	}

	/**
	 * Make what the unwrapping of a factory gives.
	 * @param slot the slot before the factory
	 * @param wrapped the factory
	 */
	static ConnectionFactory below(SessionSlot slot, ConnectionFactory wrapped) {
		ConnectionFactory following = new FollowingConnectionFactory(slot, lowest(wrapped));
		OptionsCapableConnectionFactory capable = OptionsCapableConnectionFactory.unwrapFrom(wrapped);
		return (capable != null) ? new OptionsCapableConnectionFactory(capable.getOptions(), following) : following;
	}

	private static ConnectionFactory lowest(ConnectionFactory factory) {
		ConnectionFactory current = factory;
		while (current instanceof Wrapped<?> wrapped && wrapped.unwrap() instanceof ConnectionFactory inner) {
			current = inner;
		}
		return current;
	}

	@Override
	public Publisher<? extends Connection> create() {
		return Mono.defer(() -> {
			ConnectionFactory swapped = this.slot.swapped();
			return Mono.from(((swapped != null) ? lowest(swapped) : this.below).create());
		});
	}

	@Override
	public ConnectionFactoryMetadata getMetadata() {
		return this.below.getMetadata();
	}

	@Override
	public String toString() {
		return this.below.toString();
	}

}
