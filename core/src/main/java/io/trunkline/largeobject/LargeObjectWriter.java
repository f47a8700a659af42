package io.trunkline.largeobject;

import java.util.Optional;
import java.util.function.Function;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.r2dbc.spi.Readable;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.largeobject.ContentChunker.Chunk;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.log.LogMessage;

/**
 * Writes by COPY IN in binary. The rows go to an empty temporary table whose filter
 * writes each chunk to the descriptor and then rejects the row, so that nothing is stored
 * twice and the server never waits for a round trip. Small content goes in one statement;
 * where the role may not create temporary tables, each chunk does.
 */
final class LargeObjectWriter {

	/**
	 * Up to this size one statement is faster than a transaction with a COPY, although
	 * the content then travels as hexadecimal text: the transaction makes a temporary
	 * table, which costs as much as to write some 200 KiB.
	 */
	static final int ONE_STATEMENT_LIMIT = 128 * 1024;

	/**
	 * A write gains nothing from larger chunks; their arrays would be humongous objects
	 * in a small heap.
	 */
	private static final int LARGEST_CHUNK = 256 * 1024;

	private static final String SINK = "pg_temp.trunkline_large_object_sink";

	private static final String CREATE_SINK = "CREATE TEMPORARY TABLE IF NOT EXISTS " + SINK
			+ " (data bytea) ON COMMIT DROP";

	private static final int TUPLE_HEADER_LENGTH = Short.BYTES + Integer.BYTES;

	private static final byte[] HEADER = { 'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0, 0, 0, 0, 0,
			0, 0, 0, 0 };

	private static final int TRAILER = -1;

	private static final Log logger = LogFactory.getLog(LargeObjectWriter.class);

	private final PostgresConnections connections;

	private final int chunkSize;

	LargeObjectWriter(PostgresConnections connections, int chunkSize) {
		this.connections = connections;
		this.chunkSize = Math.min(chunkSize, LARGEST_CHUNK);
	}

	Mono<LargeObjectTransfer> write(WriteTarget target, Publisher<? extends DataBuffer> content, Transfer transfer) {
		return this.connections.isTransactionActive()
			.flatMap((active) -> active ? write(target, content, transfer, new Abandonment())
					: undoneWhenAbandoned(target, (abandonment) -> write(target, content, transfer, abandonment)))
			.map(transfer::complete);
	}

	/**
	 * Write the content.
	 * @param abandonment is told when the write can no longer be called back
	 * @return the oid
	 */
	private Mono<Long> write(WriteTarget target, Publisher<? extends DataBuffer> content, Transfer transfer,
			Abandonment abandonment) {
		Mono<Long> write = ContentChunker.chunks(content, this.chunkSize, transfer).switchOnFirst((first, chunks) -> {
			Chunk chunk = first.get();
			return (chunk != null && chunk.last() && chunk.length() <= ONE_STATEMENT_LIMIT)
					? chunks.concatMap((whole) -> writeWhole(target, whole, abandonment))
					: writeChunks(target, chunks, abandonment);
		}).singleOrEmpty();
		return target.isNew() ? write : write.onErrorMap(LargeObjects.notFound(target.oid()));
	}

	private Mono<Long> writeWhole(WriteTarget target, Chunk chunk, Abandonment abandonment) {
		Mono<Long> statement = this.connections
			.<Long>query(target.wholeSql(), (row) -> row.get("oid", Long.class), target.wholeParameters(chunk.bytes()))
			.singleOrEmpty();
		return this.connections.isTransactionActive().flatMap((active) -> {
			if (active) {
				return this.connections.inTransaction((connection) -> statement).singleOrEmpty();
			}
			return abandonment.close().then(statement);
		});
	}

	private Flux<Long> writeChunks(WriteTarget target, Flux<Chunk> chunks, Abandonment abandonment) {
		return this.connections.inTransaction((connection) -> this.connections
			.query("SELECT o.oid, o.fd, pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY')"
					+ " AS sink FROM (" + target.openSql() + ") o", Opened::from)
			.singleOrEmpty()
			.flatMap((opened) -> opened.sink() ? copyChunks(opened, chunks) : executeChunks(opened, chunks))
			.flatMap((opened) -> this.connections.execute("SELECT pg_catalog.lo_close(" + opened.fd() + ")")
				.thenReturn(opened.oid()))
			.flatMap((oid) -> abandonment.close().thenReturn(oid)));
	}

	private Mono<Opened> copyChunks(Opened opened, Flux<Chunk> chunks) {
		String copy = "COPY " + SINK + " (data) FROM STDIN (FORMAT binary) WHERE pg_catalog.lowrite(" + opened.fd()
				+ ", data) < 0";
		Flux<ByteBuf> rows = Flux.just(Unpooled.wrappedBuffer(HEADER)).concatWith(chunks.map(LargeObjectWriter::row));
		return this.connections.execute(CREATE_SINK).then(this.connections.copyIn(copy, rows)).thenReturn(opened);
	}

	private static ByteBuf row(Chunk chunk) {
		ByteBuf count = Unpooled.buffer(TUPLE_HEADER_LENGTH).writeShort(1).writeInt(chunk.length());
		ByteBuf data = Unpooled.wrappedBuffer(chunk.data(), 0, chunk.length());
		return chunk.last() ? Unpooled.wrappedBuffer(count, data, Unpooled.copyShort(TRAILER))
				: Unpooled.wrappedBuffer(count, data);
	}

	private Mono<Opened> executeChunks(Opened opened, Flux<Chunk> chunks) {
		logger.debug(LogMessage.format("The role may not create temporary tables: writing large object %d"
				+ " with one statement for each chunk", opened.oid()));
		return chunks.concatMap(
				(chunk) -> this.connections.execute("SELECT pg_catalog.lowrite($1, $2)", opened.fd(), chunk.bytes()), 1)
			.then(Mono.just(opened));
	}

	/**
	 * Cancelling a write undoes it as long as its transaction has not begun to commit.
	 * From then on the write is left to end, and a new object, whose oid nobody will
	 * learn, is deleted.
	 */
	private Mono<Long> undoneWhenAbandoned(WriteTarget target, Function<Abandonment, Mono<Long>> write) {
		if (!target.isNew()) {
			return write.apply(new Abandonment());
		}
		return Mono.defer(() -> {
			Abandonment abandonment = new Abandonment();
			return Mono.<Long>create((sink) -> {
				Disposable running = write.apply(abandonment).contextWrite(sink.contextView()).subscribe((oid) -> {
					abandonment.written(oid);
					sink.success(oid);
					abandonment.takeLost().ifPresent(this::delete);
				}, sink::error);
				sink.onCancel(() -> {
					if (abandonment.cancel()) {
						running.dispose();
					}
					abandonment.takeLost().ifPresent(this::delete);
				});
			}).filter((oid) -> abandonment.deliver());
		});
	}

	private void delete(long oid) {
		this.connections.execute("SELECT pg_catalog.lo_unlink($1::bigint::oid)", oid)
			.subscribe(null, (ex) -> logger.warn(
					"Large object " + oid + " was written for a subscriber that has gone, and could not be deleted",
					ex));
	}

	/**
	 * Decides between the end of a write and its cancellation, which may come at once.
	 */
	private static final class Abandonment {

		private boolean closed;

		private boolean cancelled;

		private boolean settled;

		private @Nullable Long oid;

		/**
		 * Begin to commit. Waits for ever where the write was cancelled before: the
		 * cancellation is on its way here.
		 */
		synchronized Mono<Void> close() {
			this.closed = !this.cancelled;
			return this.closed ? Mono.empty() : Mono.never();
		}

		/**
		 * Cancel the write.
		 * @return whether it can still be called back
		 */
		synchronized boolean cancel() {
			this.cancelled = true;
			return !this.closed;
		}

		synchronized void written(long oid) {
			this.oid = oid;
		}

		/**
		 * Hand the oid to the subscriber, unless it was given up.
		 */
		synchronized boolean deliver() {
			boolean first = !this.settled;
			this.settled = true;
			return first;
		}

		/**
		 * Give up an oid that was not handed over before the cancellation.
		 */
		synchronized Optional<Long> takeLost() {
			if (!this.cancelled || this.settled || this.oid == null) {
				return Optional.empty();
			}
			this.settled = true;
			return Optional.of(this.oid);
		}

	}

	/**
	 * A descriptor at the start of the write.
	 *
	 * @param oid the oid of the object
	 * @param fd the descriptor
	 * @param sink whether the role may create the temporary table
	 */
	private record Opened(long oid, int fd, boolean sink) {

		static Opened from(Readable row) {
			return new Opened(row.get("oid", Long.class), row.get("fd", Integer.class), row.get("sink", Boolean.class));
		}

	}

}
