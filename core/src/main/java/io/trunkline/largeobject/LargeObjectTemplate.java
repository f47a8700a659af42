package io.trunkline.largeobject;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.util.Assert;

/**
 * Streaming access to PostgreSQL large objects: content of up to 4 TiB under an oid of
 * its own, outside any table.
 * <p>
 * <b>Transactions.</b> Every operation joins the Spring-managed transaction in the
 * Reactor context; where there is none it is atomic by itself. A write that fails or is
 * cancelled is undone to where it began, so that a caller who goes on and commits commits
 * nothing of it. A new object becomes visible to others at the commit.
 * <p>
 * <b>Memory.</b> Reading and writing hold a bounded number of chunks (see
 * {@link Builder#chunkSize(int)}), whatever the size of the object. A slow subscriber
 * slows the server, a slow server slows the source.
 * <p>
 * <b>Ownership of buffers.</b> A buffer that is read belongs to the subscriber, who must
 * release it; a buffer that is written is released here. Buffers that a cancellation
 * leaves behind are released here.
 * <p>
 * <b>Errors</b> are {@link DataAccessException}s by SQLSTATE, and besides
 * {@link LargeObjectNotFoundException} where there is no object with that oid.
 *
 * @since 0.1.0
 */
public interface LargeObjectTemplate {

	/**
	 * Create a template with the default settings.
	 * @param connectionFactory a connection factory of the PostgreSQL driver
	 * @return a new template
	 */
	static LargeObjectTemplate create(ConnectionFactory connectionFactory) {
		return builder(connectionFactory).build();
	}

	/**
	 * Return a builder.
	 * @param connectionFactory a connection factory of the PostgreSQL driver
	 * @return a new builder
	 */
	static Builder builder(ConnectionFactory connectionFactory) {
		return builder(PostgresConnections.create(connectionFactory));
	}

	/**
	 * Return a builder.
	 * @param connections where the connections come from
	 * @return a new builder
	 */
	static Builder builder(PostgresConnections connections) {
		return new Builder(connections);
	}

	/**
	 * Create an empty object; the server chooses the oid.
	 * @return the oid
	 */
	Mono<Long> create();

	/**
	 * Create an empty object with a given oid.
	 * @param oid the oid
	 * @return the oid; a {@link DuplicateKeyException} where it is taken
	 */
	Mono<Long> create(long oid);

	/**
	 * Write content to a new object.
	 * @param content the content; empty makes an empty object
	 * @return the outcome, with the new oid
	 */
	default Mono<LargeObjectTransfer> write(Publisher<? extends DataBuffer> content) {
		return write(content, TransferOptions.defaults());
	}

	/**
	 * Write content to a new object.
	 * @param content the content; empty makes an empty object
	 * @param options digest and listeners
	 * @return the outcome, with the new oid
	 */
	Mono<LargeObjectTransfer> write(Publisher<? extends DataBuffer> content, TransferOptions options);

	/**
	 * Replace the content of an object.
	 * @param oid the oid of an existing object
	 * @param content the content that takes the place of all there was
	 * @return the outcome
	 */
	default Mono<LargeObjectTransfer> write(long oid, Publisher<? extends DataBuffer> content) {
		return write(oid, content, TransferOptions.defaults());
	}

	/**
	 * Replace the content of an object.
	 * @param oid the oid of an existing object
	 * @param content the content that takes the place of all there was
	 * @param options digest and listeners
	 * @return the outcome
	 */
	Mono<LargeObjectTransfer> write(long oid, Publisher<? extends DataBuffer> content, TransferOptions options);

	/**
	 * Write content over an object from a position on; what lies before and after stays.
	 * A position past the end leaves a hole that reads as zeros and takes no space.
	 * @param oid the oid of an existing object
	 * @param offset the position in bytes
	 * @param content the content
	 * @return the outcome; its digest is that of {@code content}
	 */
	default Mono<LargeObjectTransfer> writeAt(long oid, long offset, Publisher<? extends DataBuffer> content) {
		return writeAt(oid, offset, content, TransferOptions.defaults());
	}

	/**
	 * Write content over an object from a position on; what lies before and after stays.
	 * A position past the end leaves a hole that reads as zeros and takes no space.
	 * @param oid the oid of an existing object
	 * @param offset the position in bytes
	 * @param content the content
	 * @param options digest and listeners
	 * @return the outcome; its digest is that of {@code content}
	 */
	Mono<LargeObjectTransfer> writeAt(long oid, long offset, Publisher<? extends DataBuffer> content,
			TransferOptions options);

	/**
	 * Write content at the end of an object. Two appends at once to one object are not
	 * put in order: one of them may fail or both may write to the same place.
	 * @param oid the oid of an existing object
	 * @param content the content
	 * @return the outcome; its digest is that of {@code content}
	 */
	default Mono<LargeObjectTransfer> append(long oid, Publisher<? extends DataBuffer> content) {
		return append(oid, content, TransferOptions.defaults());
	}

	/**
	 * Write content at the end of an object.
	 * @param oid the oid of an existing object
	 * @param content the content
	 * @param options digest and listeners
	 * @return the outcome; its digest is that of {@code content}
	 * @see #append(long, Publisher)
	 */
	Mono<LargeObjectTransfer> append(long oid, Publisher<? extends DataBuffer> content, TransferOptions options);

	/**
	 * Read an object. One statement reads it all, so the content is of one moment even
	 * outside a transaction.
	 * @param oid the oid
	 * @return the content, in chunks; none for an empty object
	 */
	default Flux<DataBuffer> read(long oid) {
		return read(oid, TransferOptions.defaults());
	}

	/**
	 * Read an object.
	 * @param oid the oid
	 * @param options digest and listeners
	 * @return the content, in chunks; none for an empty object
	 * @see #read(long)
	 */
	Flux<DataBuffer> read(long oid, TransferOptions options);

	/**
	 * Read a range of an object.
	 * @param oid the oid
	 * @param offset the first position in bytes
	 * @param length the number of bytes; less comes where the object ends before
	 * @return the content, in chunks; none where the range lies past the end
	 */
	default Flux<DataBuffer> read(long oid, long offset, long length) {
		return read(oid, offset, length, TransferOptions.defaults());
	}

	/**
	 * Read a range of an object.
	 * @param oid the oid
	 * @param offset the first position in bytes
	 * @param length the number of bytes; less comes where the object ends before
	 * @param options digest and listeners
	 * @return the content, in chunks; none where the range lies past the end
	 */
	Flux<DataBuffer> read(long oid, long offset, long length, TransferOptions options);

	/**
	 * Find out the size and owner of an object. Needs the right to read it.
	 * @param oid the oid
	 * @return what the server knows
	 */
	Mono<LargeObject> stat(long oid);

	/**
	 * Find out whether there is an object.
	 * @param oid the oid
	 * @return whether it exists, readable or not
	 */
	Mono<Boolean> exists(long oid);

	/**
	 * Cut an object, or extend it with a hole that reads as zeros.
	 * @param oid the oid
	 * @param length the new size in bytes
	 * @return completes when done
	 */
	Mono<Void> truncate(long oid, long length);

	/**
	 * Copy the content of an object to a new one, on the server. A hole stays a hole, but
	 * for what shares a chunk with content.
	 * @param oid the oid of the object to copy
	 * @return the oid of the new object, which belongs to the current role
	 */
	Mono<Long> copy(long oid);

	/**
	 * Delete objects, all or none.
	 * @param oids the oids; one named twice counts once
	 * @return the oids that were deleted; {@link LargeObjectNotFoundException} where one
	 * is missing
	 */
	Mono<List<Long>> delete(Collection<Long> oids);

	/**
	 * Delete one object.
	 * @param oid the oid
	 * @return completes when done; {@link LargeObjectNotFoundException} where it is
	 * missing
	 */
	default Mono<Void> delete(long oid) {
		return delete(List.of(oid)).then();
	}

	/**
	 * Delete those objects that exist.
	 * @param oids the oids; one named twice counts once
	 * @return the oids that were deleted
	 */
	Mono<List<Long>> deleteIfExists(Collection<Long> oids);

	/**
	 * Delete one object if it exists.
	 * @param oid the oid
	 * @return whether it was there
	 */
	default Mono<Boolean> deleteIfExists(long oid) {
		return deleteIfExists(List.of(oid)).map((deleted) -> !deleted.isEmpty());
	}

	/**
	 * Write a file to a new object.
	 * @param source the file
	 * @return the outcome, with the new oid
	 */
	default Mono<LargeObjectTransfer> importFrom(Path source) {
		return importFrom(source, TransferOptions.defaults());
	}

	/**
	 * Write a file to a new object.
	 * @param source the file
	 * @param options digest and listeners; the total is the file's size
	 * @return the outcome, with the new oid
	 */
	Mono<LargeObjectTransfer> importFrom(Path source, TransferOptions options);

	/**
	 * Read an object to a file. It is written beside the target and takes its place when
	 * it is complete; an error or a cancellation leaves the target as it was.
	 * @param oid the oid
	 * @param target the file, replaced where it exists
	 * @return the outcome
	 */
	default Mono<LargeObjectTransfer> exportTo(long oid, Path target) {
		return exportTo(oid, target, TransferOptions.defaults());
	}

	/**
	 * Read an object to a file.
	 * @param oid the oid
	 * @param target the file, replaced where it exists
	 * @param options digest and listeners
	 * @return the outcome
	 * @see #exportTo(long, Path)
	 */
	Mono<LargeObjectTransfer> exportTo(long oid, Path target, TransferOptions options);

	/**
	 * Work on an object by position, in one transaction: the current one, by a savepoint,
	 * or a new one. The session ends with the publisher that the work returns; an error
	 * or a cancellation undoes what it wrote.
	 * @param oid the oid; 0 in mode {@link LargeObjectMode#CREATE} for a new one
	 * @param mode what the session may do
	 * @param work from the session to what it produces
	 * @param <T> the type of the results
	 * @return the work's results, as they come: before the commit
	 */
	<T> Flux<T> open(long oid, LargeObjectMode mode,
			Function<? super LargeObjectSession, ? extends Publisher<? extends T>> work);

	/**
	 * Grant privileges on an object.
	 * @param oid the oid
	 * @param role the role; {@code public} for every role
	 * @param privileges at least one privilege
	 * @return completes when done
	 */
	Mono<Void> grant(long oid, String role, LargeObjectPrivilege... privileges);

	/**
	 * Revoke privileges on an object.
	 * @param oid the oid
	 * @param role the role; {@code public} for what was granted to every role
	 * @param privileges at least one privilege
	 * @return completes when done
	 */
	Mono<Void> revoke(long oid, String role, LargeObjectPrivilege... privileges);

	/**
	 * Give an object to another role.
	 * @param oid the oid
	 * @param role the role, of which the current one must be a member
	 * @return completes when done
	 */
	Mono<Void> changeOwner(long oid, String role);

	/**
	 * Builds a {@link LargeObjectTemplate}.
	 */
	final class Builder {

		/**
		 * The default chunk size in bytes.
		 */
		public static final int DEFAULT_CHUNK_SIZE = 512 * 1024;

		private static final int PAGE_SIZE = 2048;

		private static final int MAX_CHUNK_SIZE = 16 * 1024 * 1024;

		private final PostgresConnections connections;

		private ObservationRegistry observationRegistry = ObservationRegistry.NOOP;

		private int chunkSize = DEFAULT_CHUNK_SIZE;

		Builder(PostgresConnections connections) {
			Assert.notNull(connections, "'connections' must not be null");
			this.connections = connections;
		}

		/**
		 * Set the size of the chunks that content travels in. A read that nobody consumes
		 * holds a few of them, a write two, which are of 256 KiB at most.
		 * @param chunkSize the size in bytes: a multiple of 2048, which is the size of
		 * the pages of a large object, up to 16 MiB
		 */
		public Builder chunkSize(int chunkSize) {
			Assert.isTrue(chunkSize > 0 && chunkSize <= MAX_CHUNK_SIZE && chunkSize % PAGE_SIZE == 0,
					() -> "'chunkSize' must be a multiple of " + PAGE_SIZE + " bytes between " + PAGE_SIZE + " and "
							+ MAX_CHUNK_SIZE + ", and is " + chunkSize);
			this.chunkSize = chunkSize;
			return this;
		}

		/**
		 * Set where operations are observed; nowhere by default.
		 * @param observationRegistry the registry
		 */
		public Builder observationRegistry(ObservationRegistry observationRegistry) {
			Assert.notNull(observationRegistry, "'observationRegistry' must not be null");
			this.observationRegistry = observationRegistry;
			return this;
		}

		/**
		 * Build the template.
		 */
		public LargeObjectTemplate build() {
			return new DefaultLargeObjectTemplate(this.connections, this.observationRegistry, this.chunkSize);
		}

	}

}
