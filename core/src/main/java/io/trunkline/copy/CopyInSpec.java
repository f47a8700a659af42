package io.trunkline.copy;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

import org.springframework.core.io.Resource;
import org.springframework.core.io.buffer.DataBuffer;

/**
 * A load into one table. Immutable: every method returns a new one.
 * <p>
 * <b>Columns.</b> Where neither {@link #columns(String...)} nor
 * {@link #columnsFromHeader()} says otherwise, the data holds all columns of the table in
 * their order but those that are generated: {@code GENERATED … STORED} or
 * {@code VIRTUAL}, and {@code GENERATED ALWAYS AS IDENTITY}.
 * <p>
 * <b>JSON lines</b> go as they are to the one {@code json} or {@code jsonb} column that
 * is declared or that the table has. Into other columns each line is an object, taken
 * apart by Jackson: the columns are those declared, otherwise the keys of the first line;
 * one that a line does not have is NULL, and an unknown key ends the load. Values are as
 * for {@link #fromMaps(Publisher)}, and become JSON again in a column of JSON.
 * <p>
 * <b>Byte order mark.</b> That of UTF-8 is left out; that of UTF-16 makes the data be
 * read as UTF-16 where no encoding is set.
 * <p>
 * <b>Bad input</b> ends the load with nothing stored: a {@link CopyDataException}, or
 * another exception by SQLSTATE, with the line where there is one. What the server itself
 * would let pass is refused as well: data behind an end-of-data line ({@code \.}), which
 * it ignores, and binary data that ends between two rows, without its trailer.
 *
 * @since 0.1.0
 */
public interface CopyInSpec {

	/**
	 * Set the columns that the data has, in its order. The others get their defaults.
	 * @param columns the names
	 */
	CopyInSpec columns(String... columns);

	/**
	 * Take the columns from the first line of the source, in whatever order they are
	 * there. For CSV and text.
	 */
	CopyInSpec columnsFromHeader();

	/**
	 * Set the format of the data.
	 * @param format the format, CSV by default
	 */
	CopyInSpec format(CopyFormat format);

	/**
	 * Set the compression of the source; by default what the name of the file or resource
	 * says.
	 * @param compression the compression
	 */
	CopyInSpec compression(Compression compression);

	/**
	 * Load only rows for which a condition holds.
	 * @param condition an SQL condition over the columns, with no subquery
	 */
	CopyInSpec where(String condition);

	/**
	 * Announce the number of bytes of the source, for the progress listener only; that of
	 * a file is known by itself.
	 * @param bytes the number of bytes, of compressed ones where the source is compressed
	 */
	CopyInSpec total(long bytes);

	/**
	 * Report the progress after each frame and at the end, on the thread that moves the
	 * data: the listener must not block.
	 * @param listener the listener; an exception that it throws ends the load
	 */
	CopyInSpec onProgress(Consumer<? super CopyProgress> listener);

	/**
	 * Load over several connections at once, outside a transaction only. The source is
	 * cut into chunks of whole records, which begin in their order and end in any; each
	 * is a transaction of its own, and held in memory whole. A load that fails lets the
	 * chunks under way end, and tells by a {@link PartialCopyException} what was
	 * committed. Rows are cut the same way once they are encoded.
	 * @param connections how many, which the pool must have
	 */
	CopyInSpec parallel(int connections);

	/**
	 * Load a file.
	 * @param source the file
	 * @return the outcome
	 */
	Mono<CopyResult> from(Path source);

	/**
	 * Load a resource.
	 * @param source the resource
	 * @return the outcome
	 */
	Mono<CopyResult> from(Resource source);

	/**
	 * Load what a publisher emits, in buffers of any sizes, which are released.
	 * @param source the data; subscribed to when the server is ready for it
	 * @return the outcome
	 */
	Mono<CopyResult> from(Publisher<? extends DataBuffer> source);

	/**
	 * Load rows that are maps from the names of columns to values. The columns are those
	 * declared, otherwise the keys of the first map; one that a map does not have is
	 * NULL.
	 * <p>
	 * Rows travel in COPY's binary format, or in text where a column has a type without a
	 * binary encoder. A value that does not fit its column ends the load with a
	 * {@link CopyEncodingException}.
	 * @param rows the rows; about as many are asked for as fill a frame
	 * @return the outcome
	 */
	Mono<CopyResult> fromMaps(Publisher<? extends Map<String, ?>> rows);

	/**
	 * Load rows that are records or beans, by Spring Data's naming and the application's
	 * converters, and as {@link #fromMaps(Publisher)} otherwise. The columns are those
	 * declared, otherwise those of all properties that are written, without the ones that
	 * the table generates.
	 * @param rows the rows; about as many are asked for as fill a frame
	 * @param type the class of the rows
	 * @param <T> the type of the rows
	 * @return the outcome
	 */
	<T> Mono<CopyResult> fromObjects(Publisher<? extends T> rows, Class<T> type);

}
