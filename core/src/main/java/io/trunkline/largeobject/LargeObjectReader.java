package io.trunkline.largeobject;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import io.trunkline.connection.PostgresConnections;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.dao.DataRetrievalFailureException;

/**
 * Reads by one COPY OUT in binary: one statement, and so one snapshot, which reads the
 * object chunk by chunk as the socket takes them.
 */
final class LargeObjectReader {

	/**
	 * Signature, flags and the length of an empty extension area (PostgreSQL
	 * documentation, "COPY", binary format).
	 */
	private static final int HEADER_LENGTH = 19;

	private static final byte[] SIGNATURE = { 'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0 };

	private static final int TRAILER = -1;

	/**
	 * Chunks are emitted in pieces of this size, as consumers count buffers, not bytes:
	 * Reactor Netty takes 128 of them before it looks at what the client has received.
	 */
	private static final int BUFFER_SIZE = 32 * 1024;

	/**
	 * Chunks to hold ready, so that the server need not wait for the consumer.
	 */
	private static final int PREFETCH = 2;

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
			return this.connections.copyOut(statement(oid, offset, end))
				.map(Piece::new)
				.concatMapIterable(decoder::decode, PREFETCH)
				.doOnDiscard(Piece.class, Piece::release)
				.<DataBuffer>map((piece) -> this.bufferFactory.wrap(piece.data()));
		}).onErrorMap(LargeObjects.notFound(oid));
	}

	/**
	 * A small object is read in the time that the server needs to plan this statement, so
	 * the series stands in a select list: planning it among the tables costs as much
	 * again as all the rest. The descriptor is there to find the end of the series, and
	 * is closed on the way to its step, as arguments are evaluated from left to right. It
	 * would stay open to the end of a surrounding transaction.
	 */
	private String statement(long oid, long offset, long end) {
		return "COPY (SELECT pg_catalog.lo_get(" + oid + ", s.n, LEAST(" + this.chunkSize + ", " + end
				+ " - s.n)::integer) FROM (SELECT pg_catalog.generate_series(" + offset + "::bigint, LEAST(" + end
				+ ", pg_catalog.lo_lseek64(d.fd, 0, 2)) - 1, " + this.chunkSize
				+ " + pg_catalog.lo_close(d.fd)) AS n FROM (SELECT pg_catalog.lo_open(" + oid + ", "
				+ LargeObjectMode.READ.flags() + ") AS fd OFFSET 0) d) s) TO STDOUT (FORMAT binary)";
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

		List<Piece> decode(Piece row) {
			try {
				ByteBuf content = content(row.data());
				if (content == null) {
					return List.of();
				}
				this.transfer.passed(LargeObjectReader.this.bufferFactory.wrap(content));
				List<Piece> pieces = new ArrayList<>(content.readableBytes() / BUFFER_SIZE + 1);
				while (content.isReadable()) {
					int length = Math.min(BUFFER_SIZE, content.readableBytes());
					pieces.add(new Piece(content.readRetainedSlice(length)));
				}
				return pieces;
			}
			finally {
				row.release();
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

	/**
	 * A buffer on its way through an operator that may discard it, also after a failure
	 * here, when it has been released. A type of its own, as discard hooks add up, and
	 * consumers of data buffers often install one.
	 */
	private static final class Piece {

		private @Nullable ByteBuf data;

		Piece(ByteBuf data) {
			this.data = data;
		}

		ByteBuf data() {
			return Objects.requireNonNull(this.data);
		}

		void release() {
			ReferenceCountUtil.release(this.data);
			this.data = null;
		}

	}

}
