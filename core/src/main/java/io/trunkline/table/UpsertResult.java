package io.trunkline.table;

/**
 * What an upsert has done.
 *
 * @param inserted how many rows were inserted
 * @param updated how many rows were updated
 * @since 0.1.0
 */
public record UpsertResult(long inserted, long updated) {

	static final UpsertResult NONE = new UpsertResult(0, 0);

	UpsertResult plus(UpsertResult other) {
		return new UpsertResult(this.inserted + other.inserted, this.updated + other.updated);
	}

	/**
	 * Return how many rows were written.
	 */
	public long total() {
		return this.inserted + this.updated;
	}

}
