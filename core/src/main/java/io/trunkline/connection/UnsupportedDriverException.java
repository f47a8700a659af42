package io.trunkline.connection;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessResourceUsageException;

/**
 * Thrown when COPY does not work with the version of the driver on the class path. The
 * message names the versions that it works with.
 *
 * @since 0.1.0
 */
@SuppressWarnings("serial")
public class UnsupportedDriverException extends InvalidDataAccessResourceUsageException {

	private static final String SUPPORTED_VERSIONS = "1.1.x, from 1.1.1.RELEASE on";

	UnsupportedDriverException(String operation, Class<?> connectionType, @Nullable Throwable cause) {
		super(operation + " does not work with connections of " + connectionType.getName()
				+ version(connectionType.getPackage().getImplementationVersion())
				+ "; use org.postgresql:r2dbc-postgresql " + SUPPORTED_VERSIONS, cause);
	}

	private static String version(@Nullable String version) {
		return (version != null) ? " in version " + version : "";
	}

}
