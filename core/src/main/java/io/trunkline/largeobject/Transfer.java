package io.trunkline.largeobject;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;

import io.trunkline.connection.OperationContext;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.buffer.DataBuffer;

/**
 * Counts, digests and reports the bytes of one running read or write.
 */
final class Transfer {

	private final TransferOptions options;

	private final OperationContext context;

	private final long startNanos = System.nanoTime();

	private final @Nullable MessageDigest digest;

	private long bytes;

	Transfer(TransferOptions options, OperationContext context) {
		this.options = options;
		this.context = context;
		this.digest = options.isSha256() ? sha256() : null;
	}

	/**
	 * Take note of content that passes, without changing the buffer's positions.
	 */
	void passed(DataBuffer buffer) {
		int length = buffer.readableByteCount();
		MessageDigest digest = this.digest;
		if (digest != null) {
			try (DataBuffer.ByteBufferIterator parts = buffer.readableByteBuffers()) {
				while (parts.hasNext()) {
					ByteBuffer part = parts.next();
					digest.update(part);
				}
			}
		}
		this.bytes += length;
		this.context.addBytes(length);
		this.options.progress(this.bytes);
	}

	/**
	 * End the transfer and report its outcome.
	 */
	LargeObjectTransfer complete(long oid) {
		String sha256 = (this.digest != null) ? HexFormat.of().formatHex(this.digest.digest()) : null;
		LargeObjectTransfer outcome = new LargeObjectTransfer(oid, this.bytes, sha256,
				Duration.ofNanos(System.nanoTime() - this.startNanos));
		this.context.addItems(1);
		this.options.complete(outcome);
		return outcome;
	}

	private static MessageDigest sha256() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
