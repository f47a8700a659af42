package io.trunkline.connection;

import java.util.concurrent.atomic.AtomicReference;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * A CopyData message that owns its payload until either the driver encodes it or the load
 * ends: the driver leaves a message unencoded when the connection is lost, and the two
 * can happen at once on different threads.
 */
final class CopyFrame implements FrontendMessage {

	private static final int HEADER_LENGTH = 5;

	private final AtomicReference<@Nullable ByteBuf> payload;

	CopyFrame(ByteBuf payload) {
		this.payload = new AtomicReference<>(payload);
	}

	@Override
	public Publisher<ByteBuf> encode(ByteBufAllocator allocator) {
		return Mono.fromSupplier(() -> {
			ByteBuf data = this.payload.getAndSet(null);
			if (data == null) {
				return Unpooled.EMPTY_BUFFER;
			}
			try {
				int length = data.readableBytes();
				return allocator.ioBuffer(HEADER_LENGTH + length)
					.writeByte('d')
					.writeInt(Integer.BYTES + length)
					.writeBytes(data);
			}
			finally {
				data.release();
			}
		});
	}

	void release() {
		ByteBuf data = this.payload.getAndSet(null);
		if (data != null) {
			data.release();
		}
	}

}
