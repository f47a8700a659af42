package io.trunkline.largeobject;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * A large object opened at a position, for as long as the work of
 * {@link LargeObjectTemplate#open} lasts. Its operations are statements on one
 * connection: subscribe to one after the other.
 * <p>
 * An {@link InvalidDataAccessApiUsageException} answers what the mode does not allow, a
 * negative offset or length, and any use after the end of the session.
 *
 * @since 0.1.0
 */
public interface LargeObjectSession {

	/**
	 * Return the oid of the object.
	 */
	long oid();

	/**
	 * Return the mode that the object was opened in.
	 */
	LargeObjectMode mode();

	/**
	 * Read from the position on and move it past what was read. For random access; to
	 * stream, {@link LargeObjectTemplate#read(long, long, long)} is many times faster.
	 * @param length the number of bytes to read, at least 1; all of them are held in
	 * memory
	 * @return the bytes, fewer at the end of the object; empty when the position is at or
	 * past the end. The subscriber owns the buffer.
	 */
	Mono<DataBuffer> read(int length);

	/**
	 * Write at the position, or at the end in mode {@link LargeObjectMode#APPEND}, and
	 * move the position past what was written.
	 * @param content the content, in buffers that are released here; each is one
	 * statement
	 * @return the number of bytes written
	 */
	Mono<Long> write(Publisher<? extends DataBuffer> content);

	/**
	 * Move the position to a distance from the start.
	 * @param offset the position in bytes; past the end is allowed
	 * @return the new position
	 */
	Mono<Long> seek(long offset);

	/**
	 * Move the position by a distance.
	 * @param distance the distance in bytes, negative for towards the start
	 * @return the new position
	 */
	Mono<Long> seekBy(long distance);

	/**
	 * Move the position to a distance from the end.
	 * @param distance the distance in bytes, negative for before the end
	 * @return the new position
	 */
	Mono<Long> seekToEnd(long distance);

	/**
	 * Return the position in bytes from the start.
	 */
	Mono<Long> position();

	/**
	 * Return the size in bytes. The position stays.
	 */
	Mono<Long> size();

	/**
	 * Cut the object, or extend it with a hole that reads as zeros. The position stays.
	 * @param length the new size in bytes
	 * @return completes when done
	 */
	Mono<Void> truncate(long length);

}
