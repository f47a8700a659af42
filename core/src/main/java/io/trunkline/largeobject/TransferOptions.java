package io.trunkline.largeobject;

import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Immutable options of one read or write.
 *
 * @since 0.1.0
 */
public final class TransferOptions {

	private static final TransferOptions DEFAULTS = new TransferOptions(false, null, null, null);

	private final boolean sha256;

	private final @Nullable Long total;

	private final @Nullable Consumer<TransferProgress> progressListener;

	private final @Nullable Consumer<LargeObjectTransfer> completionListener;

	private TransferOptions(boolean sha256, @Nullable Long total, @Nullable Consumer<TransferProgress> progressListener,
			@Nullable Consumer<LargeObjectTransfer> completionListener) {
		this.sha256 = sha256;
		this.total = total;
		this.progressListener = progressListener;
		this.completionListener = completionListener;
	}

	/**
	 * Return options with no digest and no listeners.
	 */
	public static TransferOptions defaults() {
		return DEFAULTS;
	}

	/**
	 * Compute the SHA-256 of the content in passing. The outcome carries it.
	 */
	public TransferOptions withSha256() {
		return new TransferOptions(true, this.total, this.progressListener, this.completionListener);
	}

	/**
	 * Announce the number of bytes to expect, for the progress listener only.
	 * @param total the number of bytes
	 */
	public TransferOptions withTotal(long total) {
		Assert.isTrue(total >= 0, () -> "'total' must not be negative: " + total);
		return new TransferOptions(this.sha256, total, this.progressListener, this.completionListener);
	}

	/**
	 * Report the progress after each chunk, on the thread that moves the data: the
	 * listener must not block.
	 * @param listener the listener; an exception that it throws ends the transfer
	 */
	public TransferOptions withProgress(Consumer<TransferProgress> listener) {
		Assert.notNull(listener, "'listener' must not be null");
		return new TransferOptions(this.sha256, this.total, listener, this.completionListener);
	}

	/**
	 * Report the outcome when the transfer has completed, before the subscriber sees its
	 * end: the way to the digest of a read. Not called on an error or a cancellation.
	 * @param listener the listener
	 */
	public TransferOptions withCompletion(Consumer<LargeObjectTransfer> listener) {
		Assert.notNull(listener, "'listener' must not be null");
		return new TransferOptions(this.sha256, this.total, this.progressListener, listener);
	}

	boolean isSha256() {
		return this.sha256;
	}

	void progress(long bytes) {
		if (this.progressListener != null) {
			this.progressListener.accept(new TransferProgress(bytes, this.total));
		}
	}

	void complete(LargeObjectTransfer outcome) {
		if (this.completionListener != null) {
			this.completionListener.accept(outcome);
		}
	}

}
