package io.trunkline.copy;

import java.time.Duration;
import java.util.function.Consumer;

import io.trunkline.connection.OperationContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.log.LogMessage;

/**
 * Counts and reports what passes in one running copy.
 */
final class CopyMeter {

	/** A copy of this size or duration is worth a line in the log. */
	private static final long LARGE_BYTES = 100L * 1024 * 1024;

	private static final long LARGE_ROWS = 1_000_000;

	private static final Duration LONG = Duration.ofSeconds(10);

	private static final int REPORTED_BYTES = 64 * 1024;

	private static final Log logger = LogFactory.getLog(BulkCopyService.class);

	private final OperationContext context;

	private final @Nullable Consumer<? super CopyProgress> listener;

	private final @Nullable Long total;

	private final long startNanos = System.nanoTime();

	private volatile long bytes;

	private long pendingRows;

	private long pendingBytes;

	private long countedRows;

	private volatile @Nullable Long rows;

	CopyMeter(OperationContext context, @Nullable Consumer<? super CopyProgress> listener, @Nullable Long total) {
		this.context = context;
		this.listener = listener;
		this.total = total;
	}

	/**
	 * Count bytes and report them. One thread at a time calls this.
	 */
	@SuppressWarnings("NonAtomicVolatileUpdate")
	void passed(long count) {
		this.bytes = this.bytes + count;
		this.context.addBytes(count);
		report();
	}

	/**
	 * Count a row, and report rows together. One thread at a time calls this.
	 */
	void passedRow(int bytes) {
		this.pendingRows++;
		this.pendingBytes += bytes;
		if (this.pendingBytes >= REPORTED_BYTES) {
			flush();
		}
	}

	/**
	 * Return how many rows {@link #passedRow(int)} has counted.
	 */
	long flush() {
		this.countedRows += this.pendingRows;
		this.rows = this.countedRows;
		if (this.pendingBytes > 0) {
			passed(this.pendingBytes);
		}
		this.pendingRows = 0;
		this.pendingBytes = 0;
		return this.countedRows;
	}

	/**
	 * Count bytes that were reported elsewhere.
	 */
	@SuppressWarnings("NonAtomicVolatileUpdate")
	void count(long bytes) {
		this.bytes = this.bytes + bytes;
		this.context.addBytes(bytes);
	}

	/**
	 * Tell how many rows have passed so far.
	 */
	void rows(long rows) {
		this.rows = rows;
	}

	/**
	 * Whether anybody is told of the progress.
	 */
	boolean isListened() {
		return this.listener != null;
	}

	private void report() {
		Consumer<? super CopyProgress> listener = this.listener;
		if (listener != null) {
			long nanos = Math.max(1, elapsed().toNanos());
			long rate = (long) (this.bytes * 1e9 / nanos);
			listener.accept(new CopyProgress(this.rows, this.bytes, rate, this.total));
		}
	}

	private Duration elapsed() {
		return Duration.ofNanos(System.nanoTime() - this.startNanos);
	}

	/**
	 * End the copy, report its outcome, and log it where it is large.
	 */
	CopyResult complete(long rows, String description) {
		CopyResult result = complete(rows);
		if (result.bytes() >= LARGE_BYTES || rows >= LARGE_ROWS || result.duration().compareTo(LONG) >= 0) {
			logger.info(LogMessage.format("%s: %d rows, %d bytes in %d ms", description, rows, result.bytes(),
					result.duration().toMillis()));
		}
		return result;
	}

	/**
	 * End the copy and report its outcome.
	 */
	CopyResult complete(long rows) {
		this.rows = rows;
		this.context.addItems(rows);
		report();
		return new CopyResult(rows, this.bytes, elapsed());
	}

}
