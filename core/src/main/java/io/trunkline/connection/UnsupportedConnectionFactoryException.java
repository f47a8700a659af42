package io.trunkline.connection;

import io.r2dbc.spi.ConnectionFactory;

import org.springframework.dao.InvalidDataAccessResourceUsageException;

/**
 * Thrown when a connection factory does not belong to the PostgreSQL driver.
 *
 * @since 0.1.0
 */
@SuppressWarnings("serial")
public class UnsupportedConnectionFactoryException extends InvalidDataAccessResourceUsageException {

	private final String product;

	UnsupportedConnectionFactoryException(ConnectionFactory connectionFactory) {
		super("Connection factory " + connectionFactory.getClass().getName() + " is for "
				+ connectionFactory.getMetadata().getName() + ", not for PostgreSQL");
		this.product = connectionFactory.getMetadata().getName();
	}

	/**
	 * Return the database product that the connection factory says it is for.
	 */
	public String getProduct() {
		return this.product;
	}

}
