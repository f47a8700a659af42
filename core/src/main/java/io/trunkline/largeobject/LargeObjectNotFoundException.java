package io.trunkline.largeobject;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataRetrievalFailureException;

/**
 * Thrown when there is no large object with the given oid.
 *
 * @since 0.1.0
 */
@SuppressWarnings("serial")
public class LargeObjectNotFoundException extends DataRetrievalFailureException {

	private final long oid;

	LargeObjectNotFoundException(long oid, @Nullable Throwable cause) {
		super("Large object " + oid + " does not exist", cause);
		this.oid = oid;
	}

	/**
	 * Return the oid that was asked for.
	 */
	public long getOid() {
		return this.oid;
	}

}
