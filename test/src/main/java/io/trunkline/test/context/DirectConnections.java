package io.trunkline.test.context;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;

/**
 * Connections to a server without the pool that a URL may ask for.
 */
public final class DirectConnections {

	private DirectConnections() {
	}

	/**
	 * Lead to a database of a server.
	 * @param options what leads to the server
	 * @param database the database
	 * @return its connection factory, which keeps no connections
	 */
	public static ConnectionFactory to(ConnectionFactoryOptions options, String database) {
		return to(options.mutate().option(ConnectionFactoryOptions.DATABASE, database).build());
	}

	/**
	 * Lead to where options lead.
	 * @param options the options
	 * @return a connection factory that keeps no connections
	 */
	public static ConnectionFactory to(ConnectionFactoryOptions options) {
		Object protocol = options.getValue(ConnectionFactoryOptions.PROTOCOL);
		if (!"pool".equals(options.getRequiredValue(ConnectionFactoryOptions.DRIVER)) || protocol == null) {
			return ConnectionFactories.get(options);
		}
		return ConnectionFactories.get(options.mutate()
			.option(ConnectionFactoryOptions.DRIVER, protocol.toString())
			.option(ConnectionFactoryOptions.PROTOCOL, "")
			.build());
	}

}
