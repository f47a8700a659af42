package io.trunkline.largeobject;

/**
 * A privilege that can be granted on a large object.
 *
 * @since 0.1.0
 */
public enum LargeObjectPrivilege {

	/**
	 * Read the content and the size.
	 */
	SELECT,

	/**
	 * Write and truncate.
	 */
	UPDATE

}
