package io.trunkline.largeobject;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.trunkline.connection.PostgresConnections;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.dao.DataRetrievalFailureException;

/**
 * Reads by one COPY OUT in binary: one statement, and so one snapshot, in which a
 * descriptor is read chunk by chunk as the socket takes them.
 */
final class LargeObjectReader {

	/**
	 * Signature, flags and the length of an empty extension area (PostgreSQL
	 * documentation, "COPY", binary format).
	 */
	private static final int HEADER_LENGTH = 19;

	private static final byte[] SIGNATURE = { 'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0 };

	private static final int TRAILER = -1;

	private final PostgresConnections connections;

	private final int chunkSize;

	private final NettyDataBufferFactory bufferFactory = new NettyDataBufferFactory(ByteBufAllocator.DEFAULT);

	LargeObjectReader(PostgresConnections connections, int chunkSize) {
		this.connections = connections;
		this.chunkSize = chunkSize;
	}

	/**
	 * Read the positions from {@code offset} up to, and without, {@code end}.
	 */
	Flux<DataBuffer> read(long oid, long offset, long end, Transfer transfer) {
		return Flux.defer(() -> {
			Decoder decoder = new Decoder(transfer);
			return this.connections.copyOut(statement(oid, offset, end)).<DataBuffer>handle(decoder::decode);
		}).onErrorMap(LargeObjects.notFound(oid));
	}

	/**
	 * The innermost selects run once and in this order, as {@code OFFSET 0} keeps them
	 * apart: open, find the size, move to the start. The series has one step more than
	 * there are chunks; it closes the descriptor, which would stay open to the end of a
	 * surrounding transaction.
	 */
	private String statement(long oid, long offset, long end) {
		return """
				COPY (SELECT CASE WHEN n < o.last
				 THEN pg_catalog.loread(o.fd, LEAST(%1$d, o.last - n)::integer)
				 WHEN pg_catalog.lo_close(o.fd) = 0 THEN ''::bytea END
				 FROM (SELECT e.fd, e.first, e.last, pg_catalog.lo_lseek64(e.fd, e.first, 0)
				 FROM (SELECT s.fd, LEAST(%2$d::bigint, s.size) AS first, LEAST(%3$d::bigint, s.size) AS last
				 FROM (SELECT d.fd, pg_catalog.lo_lseek64(d.fd, 0, 2) AS size
				 FROM (SELECT pg_catalog.lo_open(%4$d, %5$d) AS fd OFFSET 0) d OFFSET 0) s OFFSET 0) e OFFSET 0) o,
				 LATERAL pg_catalog.generate_series(o.first, o.last + %1$d - 1, %1$d) AS n)
				 TO STDOUT (FORMAT binary)""".formatted(this.chunkSize, offset, end, oid, LargeObjectMode.READ.flags());
	}

	/**
	 * Takes the content out of rows of one {@code bytea} column.
	 */
	private final class Decoder {

		private final Transfer transfer;

		private boolean headerRead;

		Decoder(Transfer transfer) {
			this.transfer = transfer;
		}

		void decode(ByteBuf row, SynchronousSink<DataBuffer> sink) {
			DataBuffer buffer = null;
			try {
				ByteBuf content = content(row);
				if (content != null) {
					// The slice shares the row's reference count: releasing it releases
					// the row.
					DataBuffer wrapped = LargeObjectReader.this.bufferFactory.wrap(content);
					this.transfer.passed(wrapped);
					buffer = wrapped;
				}
			}
			finally {
				if (buffer == null) {
					row.release();
				}
			}
			if (buffer != null) {
				sink.next(buffer);
			}
		}

		private @Nullable ByteBuf content(ByteBuf row) {
			if (!this.headerRead) {
				skipHeader(row);
				this.headerRead = true;
			}
			if (!row.isReadable() || row.readShort() == TRAILER) {
				return null;
			}
			int length = row.readInt();
			return (length > 0) ? row.readSlice(length) : null;
		}

		private void skipHeader(ByteBuf row) {
			for (byte expected : SIGNATURE) {
				if (!row.isReadable() || row.readByte() != expected) {
					throw new DataRetrievalFailureException("The server's answer is not COPY in binary format");
				}
			}
			row.skipBytes(HEADER_LENGTH - SIGNATURE.length);
		}

	}

}
