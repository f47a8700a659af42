package io.trunkline.largeobject;

import java.util.function.Function;

import io.trunkline.connection.PostgresErrors;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * The checks and error mapping that every access to a large object shares.
 */
final class LargeObjects {

	private static final String UNDEFINED_OBJECT = "42704";

	private static final long MAX_OID = 0xFFFFFFFFL;

	/**
	 * 2^31 - 1 pages of 2 KiB: {@code MAX_LARGE_OBJECT_SIZE} of the server.
	 */
	private static final long MAX_SIZE = Integer.MAX_VALUE * 2048L;

	private LargeObjects() {
	}

	static long checkOid(long oid) {
		if (oid < 1 || oid > MAX_OID) {
			throw new InvalidDataAccessApiUsageException("'oid' must be between 1 and " + MAX_OID + ", and is " + oid);
		}
		return oid;
	}

	static long checkPosition(long position, String parameter) {
		if (position < 0 || position > MAX_SIZE) {
			throw new InvalidDataAccessApiUsageException("'" + parameter + "' must be between 0 and " + MAX_SIZE
					+ ", the largest size of a large object, and is " + position);
		}
		return position;
	}

	/**
	 * For statements in which the object is all that can be missing.
	 */
	static Function<Throwable, Throwable> notFound(long oid) {
		return (ex) -> UNDEFINED_OBJECT.equals(PostgresErrors.sqlState(ex).orElse(null))
				? new LargeObjectNotFoundException(oid, ex) : ex;
	}

}
