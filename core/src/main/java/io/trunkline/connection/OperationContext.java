package io.trunkline.connection;

import java.util.concurrent.atomic.AtomicLong;

import io.micrometer.observation.Observation;

/**
 * What an {@link Observation} of this library knows beyond its name and key values: how
 * much has passed. Handlers read the counts when the observation stops.
 *
 * @since 0.1.0
 */
public final class OperationContext extends Observation.Context {

	private final AtomicLong bytes = new AtomicLong();

	private final AtomicLong items = new AtomicLong();

	OperationContext() {
	}

	/**
	 * Count bytes of content.
	 * @param bytes how many more have passed
	 */
	public void addBytes(long bytes) {
		this.bytes.addAndGet(bytes);
	}

	/**
	 * Count what the operation works on: rows, or objects.
	 * @param items how many more were handled
	 */
	public void addItems(long items) {
		this.items.addAndGet(items);
	}

	/**
	 * Return how many bytes of content have passed.
	 */
	public long getBytes() {
		return this.bytes.get();
	}

	/**
	 * Return how many rows or objects were handled.
	 */
	public long getItems() {
		return this.items.get();
	}

}
