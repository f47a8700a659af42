package io.trunkline.autoconfigure.copy;

import io.trunkline.copy.BulkCopyService;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;

/**
 * Properties of bulk copies.
 *
 * @since 0.1.0
 */
@ConfigurationProperties("trunkline.copy")
public class BulkCopyProperties {

	/**
	 * Whether to auto-configure bulk copies.
	 */
	private boolean enabled = true;

	/**
	 * Size of the frames that data travels in, from 1KB to 1MB. A copy holds a few of
	 * them.
	 */
	private DataSize frameSize = DataSize.ofBytes(BulkCopyService.Builder.DEFAULT_FRAME_SIZE);

	/**
	 * Size of the chunks of a parallel load, from 1KB to 256MB. Each is a transaction;
	 * every connection of the load holds one in memory.
	 */
	private DataSize parallelChunkSize = DataSize.ofBytes(BulkCopyService.Builder.DEFAULT_CHUNK_SIZE);

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public DataSize getFrameSize() {
		return this.frameSize;
	}

	public void setFrameSize(DataSize frameSize) {
		this.frameSize = frameSize;
	}

	public DataSize getParallelChunkSize() {
		return this.parallelChunkSize;
	}

	public void setParallelChunkSize(DataSize parallelChunkSize) {
		this.parallelChunkSize = parallelChunkSize;
	}

}
