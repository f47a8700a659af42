package io.trunkline.copy;

import java.util.List;

import org.springframework.dao.NonTransientDataAccessException;

/**
 * A parallel load that failed after some of its chunks had been committed, or whose
 * chunks were: all of a chunk is stored, or nothing. The cause is the first error.
 *
 * @since 0.1.0
 */
public class PartialCopyException extends NonTransientDataAccessException {

	private static final long serialVersionUID = 1L;

	private final transient List<Chunk> committed;

	PartialCopyException(List<Chunk> committed, Throwable cause) {
		super("The parallel load failed after " + committed.size() + " chunks with "
				+ committed.stream().mapToLong(Chunk::rows).sum() + " rows had been committed; " + cause.getMessage(),
				cause);
		this.committed = List.copyOf(committed);
	}

	/**
	 * Return the chunks that are in the table, in the order of the source.
	 */
	public List<Chunk> getCommitted() {
		return this.committed;
	}

	/**
	 * A part of the source.
	 *
	 * @param firstRecord the number of its first record in the source, from 1 and without
	 * the header line
	 * @param records how many records it has
	 * @param rows how many rows the server stored of it
	 */
	public record Chunk(long firstRecord, long records, long rows) {
	}

}
