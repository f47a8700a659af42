package io.trunkline.copy;

import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;

/**
 * An export of one table or query, which is one statement and so one snapshot. Immutable:
 * every method returns a new one.
 * <p>
 * Cancelling stops the statement on the server, and leaves a surrounding transaction as
 * it was. Another statement in the same transaction waits until the export has ended.
 *
 * @since 0.1.0
 */
public interface CopyOutSpec {

	/**
	 * Set the columns of a table to export, in this order; by default all but generated
	 * ones. A query has its own.
	 * @param columns the names
	 */
	CopyOutSpec columns(String... columns);

	/**
	 * Bind a parameter of a query. COPY itself takes none: the server is asked for the
	 * literal of the value and of its type. A {@code String} takes the type that the
	 * query wants there.
	 * @param name {@code $1} and the like, or the name behind the colon
	 * @param value the value
	 */
	CopyOutSpec bind(String name, Object value);

	/**
	 * Bind NULL to a parameter of a query.
	 * @param name {@code $1} and the like, or the name behind the colon
	 */
	CopyOutSpec bindNull(String name);

	/**
	 * Set the format of the data.
	 * @param format the format, CSV by default
	 */
	CopyOutSpec format(CopyFormat format);

	/**
	 * Set the compression; by default what the name of the file says, otherwise none.
	 * @param compression the compression
	 */
	CopyOutSpec compression(Compression compression);

	/**
	 * Put an apostrophe before each field of CSV that a spreadsheet would run as a
	 * formula: one that begins with {@code =}, {@code +}, {@code -}, {@code @}, a tab or
	 * a line end. Numbers such as {@code -5} or {@code +1.5e3} stay as they are. What is
	 * loaded from such a file has the apostrophes.
	 */
	CopyOutSpec defuseFormulas();

	/**
	 * Report the progress after each buffer, on the thread that moves the data: the
	 * listener must not block.
	 * @param listener the listener; an exception that it throws ends the export
	 */
	CopyOutSpec onProgress(Consumer<? super CopyProgress> listener);

	/**
	 * Export to buffers of up to 64 KiB, which need not end with a row. The subscriber
	 * owns and releases them.
	 * @return the data
	 */
	Flux<DataBuffer> data();

	/**
	 * Export to a file. It is written beside its target, which it replaces when it is
	 * complete; an export that fails or is cancelled leaves nothing behind.
	 * @param target the file
	 * @return the outcome
	 */
	Mono<CopyResult> to(Path target);

	/**
	 * Export to a stream, which is flushed and not closed. It is written to on a thread
	 * that may block.
	 * @param target the stream
	 * @return the outcome
	 */
	Mono<CopyResult> to(OutputStream target);

	/**
	 * Read the rows of a table or of a query as maps from the names of columns to values;
	 * generated columns of a table are among them.
	 * <p>
	 * A query must be one that can stand inside another: {@code SELECT}, {@code VALUES},
	 * {@code TABLE}, or {@code WITH} where no part of it writes. Its columns are
	 * described by the server before, which plans it once more; each must have a name of
	 * its own.
	 * @return the rows, in mutable maps
	 */
	Flux<Map<String, @Nullable Object>> maps();

	/**
	 * Read the rows of a table or of a query as records or beans, by Spring Data's naming
	 * and the application's converters. A column without a property is left out. Queries
	 * are those of {@link #maps()}.
	 * @param type the class of the rows
	 * @param <T> the type of the rows
	 * @return the rows
	 */
	<T> Flux<T> objects(Class<T> type);

	/**
	 * Copy to a table, of this database or another, as the server formats it: nothing is
	 * encoded on the way. Both sides use the format that the load was given, or this
	 * export, or otherwise text.
	 * <p>
	 * Inside a transaction of the one connection factory that both sides use, a copy in
	 * waits for the copy out and the other way round: that is refused.
	 * @param target the load, whose columns are those of this export where it has none
	 * @return the outcome
	 */
	Mono<CopyResult> into(CopyInSpec target);

}
