package io.trunkline.autoconfigure.schema;

/**
 * Thrown when the tables cannot be read at start-up.
 *
 * @since 0.1.0
 */
public class SchemaLoadException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	SchemaLoadException(Throwable cause) {
		super("The tables of the database cannot be read at start-up: " + cause.getMessage(), cause);
	}

}
