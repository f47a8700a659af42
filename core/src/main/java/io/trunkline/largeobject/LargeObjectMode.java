package io.trunkline.largeobject;

/**
 * What a {@link LargeObjectSession} may do. No mode truncates by itself.
 *
 * @since 0.1.0
 */
public enum LargeObjectMode {

	/**
	 * Read the state that was committed, or written by this transaction, when the session
	 * began; later changes are not seen.
	 */
	READ(true, false, false),

	/**
	 * Write from position 0 on, over what is there.
	 */
	WRITE(false, true, false),

	/**
	 * Read and write; reads see this session's writes.
	 */
	READ_WRITE(true, true, false),

	/**
	 * Write at the end, wherever the position is.
	 */
	APPEND(false, true, false),

	/**
	 * As {@link #READ_WRITE}, after creating the object where there is none with that
	 * oid. Oid 0 creates a new object in any case and lets the server choose its oid.
	 */
	CREATE(true, true, true);

	private static final int INV_READ = 0x40000;

	private static final int INV_WRITE = 0x20000;

	private final boolean readable;

	private final boolean writable;

	private final boolean creating;

	LargeObjectMode(boolean readable, boolean writable, boolean creating) {
		this.readable = readable;
		this.writable = writable;
		this.creating = creating;
	}

	boolean isReadable() {
		return this.readable;
	}

	boolean isWritable() {
		return this.writable;
	}

	boolean isCreating() {
		return this.creating;
	}

	/**
	 * Return the flags of {@code lo_open}, as {@code libpq/libpq-fs.h} defines them.
	 */
	int flags() {
		return (this.readable ? INV_READ : 0) | (this.writable ? INV_WRITE : 0);
	}

}
