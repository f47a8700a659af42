package io.trunkline.largeobject;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import io.trunkline.connection.OperationContext;
import io.trunkline.connection.PostgresConnections;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * Default implementation of {@link LargeObjectSession}: a descriptor, and a statement for
 * each operation.
 */
final class DefaultLargeObjectSession implements LargeObjectSession {

	private static final int FROM_START = 0;

	private static final int FROM_END = 2;

	private final PostgresConnections connections;

	private final OperationContext context;

	private final long oid;

	private final int descriptor;

	private final LargeObjectMode mode;

	private final AtomicBoolean ended = new AtomicBoolean();

	DefaultLargeObjectSession(PostgresConnections connections, OperationContext context, long oid, int descriptor,
			LargeObjectMode mode) {
		this.connections = connections;
		this.context = context;
		this.oid = oid;
		this.descriptor = descriptor;
		this.mode = mode;
	}

	@Override
	public long oid() {
		return this.oid;
	}

	@Override
	public LargeObjectMode mode() {
		return this.mode;
	}

	@Override
	public Mono<DataBuffer> read(int length) {
		if (length < 1) {
			return misuse("'length' must be at least 1, and is " + length);
		}
		if (!this.mode.isReadable()) {
			return misuse("Large object " + this.oid + " was opened in mode " + this.mode
					+ ", which does not read; use READ, READ_WRITE or CREATE");
		}
		return whileOpen(() -> this.connections
			.<byte[]>query("SELECT pg_catalog.loread($1, $2)", (row) -> row.get(0, byte[].class), this.descriptor,
					length)
			.filter((content) -> content.length > 0)
			.doOnNext((content) -> this.context.addBytes(content.length))
			.<DataBuffer>map(DefaultDataBufferFactory.sharedInstance::wrap)
			.singleOrEmpty());
	}

	@Override
	public Mono<Long> write(Publisher<? extends DataBuffer> content) {
		if (!this.mode.isWritable()) {
			return misuse("Large object " + this.oid + " was opened in mode " + this.mode
					+ ", which does not write; use WRITE, READ_WRITE, APPEND or CREATE");
		}
		return Flux.from(content)
			.concatMap((buffer) -> write(bytes(buffer)), 1)
			.reduce(0L, Long::sum)
			.doOnDiscard(DataBuffer.class, DataBufferUtils::release);
	}

	private Mono<Long> write(byte[] content) {
		String target = (this.mode == LargeObjectMode.APPEND)
				? " FROM (SELECT pg_catalog.lo_lseek64($1, 0, " + FROM_END + ") OFFSET 0) s" : "";
		return number("SELECT pg_catalog.lowrite($1, $2)::bigint" + target, this.descriptor, content)
			.doOnNext(this.context::addBytes);
	}

	private static byte[] bytes(DataBuffer buffer) {
		try {
			byte[] bytes = new byte[buffer.readableByteCount()];
			buffer.read(bytes);
			return bytes;
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

	@Override
	public Mono<Long> seek(long offset) {
		return Mono.defer(() -> move(LargeObjects.checkPosition(offset, "offset"), FROM_START));
	}

	@Override
	public Mono<Long> seekBy(long distance) {
		return position().flatMap((position) -> move(position, distance, "the position"));
	}

	@Override
	public Mono<Long> seekToEnd(long distance) {
		return size().flatMap((size) -> move(size, distance, "the end"));
	}

	private Mono<Long> move(long origin, long distance, String name) {
		if (distance < -origin) {
			return misuse("'distance' is " + distance + " from " + name + " at " + origin
					+ ", and would lead to a negative offset");
		}
		return seek(origin + distance);
	}

	private Mono<Long> move(long offset, int origin) {
		return number("SELECT pg_catalog.lo_lseek64($1, $2, $3)", this.descriptor, offset, origin);
	}

	@Override
	public Mono<Long> position() {
		return number("SELECT pg_catalog.lo_tell64($1)", this.descriptor);
	}

	@Override
	public Mono<Long> size() {
		return position()
			.flatMap((position) -> move(0, FROM_END).flatMap((size) -> move(position, FROM_START).thenReturn(size)));
	}

	@Override
	public Mono<Void> truncate(long length) {
		if (!this.mode.isWritable()) {
			return misuse("Large object " + this.oid + " was opened in mode " + this.mode
					+ ", which does not truncate; use WRITE, READ_WRITE, APPEND or CREATE");
		}
		return Mono
			.defer(() -> number("SELECT pg_catalog.lo_truncate64($1, $2)::bigint", this.descriptor,
					LargeObjects.checkPosition(length, "length")))
			.then();
	}

	/**
	 * End the session; the rollback that follows closes the descriptor.
	 */
	Mono<Void> end() {
		return Mono.fromRunnable(() -> this.ended.set(true));
	}

	/**
	 * End the session and close the descriptor, which a surrounding transaction would
	 * keep.
	 */
	Mono<Void> close() {
		return end().then(this.connections.execute("SELECT pg_catalog.lo_close($1)", this.descriptor));
	}

	private Mono<Long> number(String sql, Object... parameters) {
		return whileOpen(
				() -> this.connections.<Long>query(sql, (row) -> row.get(0, Long.class), parameters).singleOrEmpty());
	}

	private <T> Mono<T> whileOpen(Supplier<Mono<T>> operation) {
		return Mono.defer(() -> this.ended.get()
				? misuse("The session on large object " + this.oid
						+ " has ended; use it only inside the publisher that the work of open(…) returns")
				: operation.get());
	}

	private static <T> Mono<T> misuse(String message) {
		return Mono.error(() -> new InvalidDataAccessApiUsageException(message));
	}

}
