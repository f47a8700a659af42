package io.trunkline.copy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.trunkline.copy.CopyFormat.Kind;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * Loads chunks of whole records over several connections.
 */
final class ParallelLoad {

	private static final byte[] BINARY_HEADER = { 'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0, 0, 0,
			0, 0, 0, 0, 0, 0 };

	private static final int BINARY_TRAILER = -1;

	private final CopySettings settings;

	private final CopyFormat format;

	private final int serverVersion;

	private final CopyMeter meter;

	private final int connections;

	private final LongUnaryOperator linesLeftOut;

	private final ConcurrentLinkedQueue<PartialCopyException.Chunk> committed = new ConcurrentLinkedQueue<>();

	private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();

	/**
	 * Create a load.
	 * @param linesLeftOut how many lines of the source are left out of the data before a
	 * line of it
	 */
	ParallelLoad(CopySettings settings, CopyFormat format, int serverVersion, CopyMeter meter, int connections,
			LongUnaryOperator linesLeftOut) {
		this.settings = settings;
		this.format = format;
		this.serverVersion = serverVersion;
		this.meter = meter;
		this.connections = connections;
		this.linesLeftOut = linesLeftOut;
	}

	/**
	 * Load the data.
	 * @param statement makes the statement for a chunk
	 * @return the number of rows
	 */
	Mono<Long> run(Flux<Chunk> data, Function<CopyFormat, String> statement) {
		Flux<RecordBatch> batches = RecordBatches.of(data, RecordScanner.of(this.format, this.serverVersion),
				this.settings.chunkSize(), this.format.hasHeader());
		return this.settings.connections().isTransactionActive().flatMap((active) -> {
			if (active) {
				throw new InvalidDataAccessApiUsageException(
						"'parallel' does not go with a transaction, which has one connection: load outside it");
			}
			return batches.onErrorResume((ex) -> {
				failed(Long.MAX_VALUE, ex);
				return Mono.empty();
			})
				.takeWhile((batch) -> this.failure.get() == null)
				.flatMap((batch) -> load(batch, statement), this.connections, 1)
				.then(Mono.defer(this::outcome));
		});
	}

	private Mono<Void> load(RecordBatch batch, Function<CopyFormat, String> statement) {
		CopyFormat format = (batch.number() == 0) ? this.format : this.format.withoutHeader();
		return this.settings.connections().copyIn(statement.apply(format), frames(batch)).doOnNext((rows) -> {
			this.committed.add(new PartialCopyException.Chunk(batch.firstRecord(), batch.records(), rows));
			this.meter.rows(rows());
		}).onErrorResume((ex) -> {
			failed(batch.number(), CopyErrors.located(ex,
					batch.linesBefore() + CopyErrors.uncounted(this.format, batch.frames()), this.linesLeftOut));
			return Mono.empty();
		}).then();
	}

	private Flux<ByteBuf> frames(RecordBatch batch) {
		Flux<ByteBuf> frames = Flux.fromIterable(batch.frames()).map(Chunk::toByteBuf);
		if (this.format.kind() != Kind.BINARY) {
			return frames;
		}
		Flux<ByteBuf> begun = (batch.number() == 0) ? frames : frames.startWith(Unpooled.wrappedBuffer(BINARY_HEADER));
		return batch.last() ? begun : begun.concatWith(Mono.fromSupplier(() -> Unpooled.copyShort(BINARY_TRAILER)));
	}

	/**
	 * Keep the error that comes first in the source.
	 */
	private void failed(long number, Throwable ex) {
		this.failure.accumulateAndGet(new Failure(number, ex), (known,
				later) -> (known == null || (later != null && later.number() < known.number())) ? later : known);
	}

	private long rows() {
		return this.committed.stream().mapToLong(PartialCopyException.Chunk::rows).sum();
	}

	private Mono<Long> outcome() {
		Failure failure = this.failure.get();
		if (failure == null) {
			return Mono.just(rows());
		}
		if (this.committed.isEmpty()) {
			return Mono.error(failure.error());
		}
		List<PartialCopyException.Chunk> chunks = new ArrayList<>(this.committed);
		chunks.sort(Comparator.comparingLong(PartialCopyException.Chunk::firstRecord));
		return Mono.error(new PartialCopyException(chunks, failure.error()));
	}

	private record Failure(long number, Throwable error) {
	}

}
