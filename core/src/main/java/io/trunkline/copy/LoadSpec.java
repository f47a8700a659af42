package io.trunkline.copy;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

import org.springframework.core.io.Resource;
import org.springframework.core.io.buffer.DataBuffer;

/**
 * A load into one table by way of a staging table. Immutable: every method returns a new
 * one.
 * <p>
 * <b>Steps.</b> A temporary table with the columns of the source is created; the source
 * is copied into it; statements of the application's own run; the rows are merged into
 * the target; further statements run. All of it is one transaction, a savepoint of the
 * caller's where there is one. Inserts that stop at errors and have nothing to run before
 * are copied straight into the target.
 * <p>
 * <b>Bad rows</b> end the load by default, and nothing is loaded: the exception has line,
 * column and SQLSTATE ({@link CopyLocation#find(Throwable)}). With
 * {@link #reject(Rejects)} the load goes on without them, on every version of the server
 * and for every reason: a wrong number of fields, a NUL byte, a wrong encoding, a quote
 * that is not closed, a value that does not fit its type, a null, a {@code CHECK}, a
 * unique constraint, a foreign key, what a trigger refuses.
 * <p>
 * <b>Lines</b> are those of the source from 1, with the header line; a record over
 * several lines counts with its first. Objects and maps count as rows from 1; so do the
 * rows of the binary format.
 * <p>
 * The role needs the privilege {@code TEMPORARY} on the database, which {@code PUBLIC}
 * has by default.
 *
 * @since 0.1.0
 */
public interface LoadSpec {

	/**
	 * Set the columns that the source has, in its order. By default it has all columns of
	 * the table in their order but those that are generated; of
	 * {@code GENERATED ALWAYS AS IDENTITY} only those of the key.
	 * @param columns the names
	 */
	LoadSpec columns(String... columns);

	/**
	 * Take the columns from the first line of the source, in whatever order they are
	 * there. For CSV and text.
	 */
	LoadSpec columnsFromHeader();

	/**
	 * Set the format of the source. JSON lines are one value each for a single column of
	 * JSON, and otherwise objects with the columns as members. A member that is not there
	 * is NULL; a column that no object has is left out of the load, so that new rows get
	 * its default and updated ones keep their value, unless {@link #columns(String...)}
	 * declares it. Options that tell the server what to do with errors or with the
	 * target's storage are refused.
	 * @param format the format, CSV by default
	 */
	LoadSpec format(CopyFormat format);

	/**
	 * Set the compression of the source; by default what the name of the file or resource
	 * says.
	 * @param compression the compression
	 */
	LoadSpec compression(Compression compression);

	/**
	 * Announce the number of bytes of the source, for the progress listener only; that of
	 * a file is known by itself.
	 * @param bytes the number of bytes, of compressed ones where the source is compressed
	 */
	LoadSpec total(long bytes);

	/**
	 * Report the progress after each frame and at the end, on the thread that moves the
	 * data: the listener must not block.
	 * @param listener the listener; an exception that it throws ends the load
	 */
	LoadSpec onProgress(Consumer<? super CopyProgress> listener);

	/**
	 * Name the staging table, for statements of the application's own.
	 * @param name the name, without schema; a table of that name elsewhere is hidden
	 * during the load
	 */
	LoadSpec staging(String name);

	/**
	 * Declare a column of the staging table instead of taking the target's. For a merge
	 * by {@link Merge#sql}; the target then is but a name.
	 * @param name the name
	 * @param type the type as SQL writes it, such as {@code jsonb}
	 */
	LoadSpec stagingColumn(String name, String type);

	/**
	 * Run a statement between copy and merge.
	 * @param sql the statement, with parameters {@code $1}, {@code $2}, …
	 * @param parameters the values to bind, none of them {@code null}
	 */
	LoadSpec beforeMerge(String sql, Object... parameters);

	/**
	 * Run a statement after the merge.
	 * @param sql the statement, with parameters {@code $1}, {@code $2}, …
	 * @param parameters the values to bind, none of them {@code null}
	 */
	LoadSpec afterMerge(String sql, Object... parameters);

	/**
	 * Set how the rows get into the table.
	 * @param merge the merge, {@link Merge#insert()} by default
	 */
	LoadSpec merge(Merge merge);

	/**
	 * Set what becomes of rows of the source that have the same key: that of the merge,
	 * or the primary key.
	 * @param duplicateKeys the rule; by default {@link DuplicateKeys#REJECT} for an
	 * update, and {@link DuplicateKeys#FIRST} for {@link Merge#ignore}
	 */
	LoadSpec duplicateKeys(DuplicateKeys duplicateKeys);

	/**
	 * Go on behind bad rows. For all formats but binary.
	 * @param rejects how many, and where they go
	 */
	LoadSpec reject(Rejects rejects);

	/**
	 * Load a file.
	 * @param source the file
	 * @return the report
	 */
	Mono<LoadReport> from(Path source);

	/**
	 * Load a resource.
	 * @param source the resource
	 * @return the report
	 */
	Mono<LoadReport> from(Resource source);

	/**
	 * Load what a publisher emits, in buffers of any sizes, which are released.
	 * @param source the data; subscribed to when the server is ready for it
	 * @return the report
	 */
	Mono<LoadReport> from(Publisher<? extends DataBuffer> source);

	/**
	 * Load maps from column to value. A column that a map does not name is NULL.
	 * @param rows the maps
	 * @return the report
	 */
	Mono<LoadReport> fromMaps(Publisher<? extends Map<String, ?>> rows);

	/**
	 * Load records or beans, by Spring Data's naming. Where no columns are declared,
	 * those are loaded that a property is mapped to.
	 * @param rows the objects
	 * @param type their class
	 * @param <T> their type
	 * @return the report
	 */
	<T> Mono<LoadReport> fromObjects(Publisher<? extends T> rows, Class<T> type);

}
