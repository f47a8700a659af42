package io.trunkline.copy;

import io.netty.buffer.ByteBuf;
import io.trunkline.copy.RowPacker.Output;
import io.trunkline.copy.RowPacker.RowForm;

import org.springframework.dao.DataRetrievalFailureException;

/**
 * Writes rows of one {@code json} column as lines. They come in binary: the text format
 * would double the backslashes.
 */
final class JsonRows implements RowForm {

	private static final int FLAGS_LENGTH = 4;

	private static final int TRAILER = -1;

	private boolean headerRead;

	@Override
	public void write(ByteBuf row, Output output) {
		if (!this.headerRead) {
			skipHeader(row);
			this.headerRead = true;
		}
		if (!row.isReadable() || row.readShort() == TRAILER) {
			return;
		}
		ByteBuf json = row.readSlice(row.readInt());
		if (json.forEachByte((b) -> b != '\n' && b != '\r') < 0) {
			output.write(json);
		}
		else {
			// A json column keeps its line ends; within strings there are none.
			while (json.isReadable()) {
				byte b = json.readByte();
				output.write((b == '\n' || b == '\r') ? (byte) ' ' : b);
			}
		}
		output.write((byte) '\n');
	}

	private static void skipHeader(ByteBuf row) {
		for (byte expected : BinaryScanner.SIGNATURE) {
			if (!row.isReadable() || row.readByte() != expected) {
				throw new DataRetrievalFailureException("The server's answer is not COPY in binary format");
			}
		}
		row.skipBytes(FLAGS_LENGTH);
		row.skipBytes(row.readInt());
	}

}
