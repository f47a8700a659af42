package io.trunkline.connection;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what the server sends into messages, as the driver's decoder does in whose place
 * it stands, and keeps the NotificationResponses: type {@code A}, a length that counts
 * itself, process, channel and payload (PostgreSQL documentation, "Message Formats"). On
 * their way through the driver each of them would cost a buffer, a message object, a copy
 * of the channel's name and several queues, which is most of what reading them takes.
 */
final class NotificationDecoder extends LengthFieldBasedFrameDecoder {

	/** A type and a length come before what the length tells. */
	private static final int HEADER = 5;

	/** The length of a notification with neither name nor payload. */
	private static final int SHORTEST = 10;

	private static final byte NOTIFICATION = 'A';

	private static final int NAMES = 4096;

	private final NotificationReader reader;

	/** What was read at once is copied as a whole, as access byte by byte is slow. */
	private byte[] bytes = new byte[16 * 1024];

	/** Names of channels by their hash; a name may take the place of another one. */
	private final @Nullable Name[] names = new @Nullable Name[NAMES];

	private boolean taken;

	NotificationDecoder(NotificationReader reader) {
		super(Integer.MAX_VALUE - HEADER, 1, 4, -4, 0);
		this.reader = reader;
	}

	/**
	 * Take the place of the driver's decoder, with what that one holds of a message that
	 * is not complete. Where there is none, the driver is left alone.
	 */
	static void install(Channel channel, NotificationReader reader) {
		channel.eventLoop().execute(() -> {
			ChannelPipeline pipeline = channel.pipeline();
			ChannelHandlerContext context = pipeline.context(LengthFieldBasedFrameDecoder.class);
			ChannelHandler decoder = (context != null) ? context.handler() : null;
			if (decoder != null && decoder.getClass() == LengthFieldBasedFrameDecoder.class) {
				pipeline.replace(decoder, context.name(), new NotificationDecoder(reader));
			}
		});
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
		super.channelRead(context, message);
		if (this.taken) {
			this.taken = false;
			this.reader.readComplete();
		}
	}

	@Override
	protected @Nullable Object decode(ChannelHandlerContext context, ByteBuf in) throws Exception {
		if (!in.isReadable() || in.getByte(in.readerIndex()) != NOTIFICATION) {
			return super.decode(context, in);
		}
		take(in);
		return null;
	}

	/**
	 * Take all notifications up to a message of another type or one that is not complete.
	 */
	private void take(ByteBuf in) {
		int readable = in.readableBytes();
		byte[] bytes = copy(in, readable);
		int position = 0;
		while (readable - position >= HEADER && bytes[position] == NOTIFICATION) {
			int length = integer(bytes, position + 1);
			if (length < SHORTEST) {
				in.skipBytes(readable);
				throw new CorruptedFrameException("The length of a notification is " + length);
			}
			int end = position + 1 + length;
			if (end > readable || end < position) {
				break;
			}
			take(bytes, position + HEADER, end);
			position = end;
		}
		in.skipBytes(position);
	}

	private byte[] copy(ByteBuf in, int length) {
		if (this.bytes.length < length) {
			this.bytes = new byte[Math.max(length, 2 * this.bytes.length)];
		}
		in.getBytes(in.readerIndex(), this.bytes, 0, length);
		return this.bytes;
	}

	private void take(byte[] bytes, int from, int end) {
		int name = from + 4;
		int hash = 0;
		int position = name;
		for (; bytes[position] != 0; position++) {
			hash = 31 * hash + bytes[position];
		}
		int payload = position + 1;
		this.taken = true;
		this.reader.read(name(bytes, name, position, hash),
				new String(bytes, payload, end - 1 - payload, StandardCharsets.UTF_8), integer(bytes, from));
	}

	private String name(byte[] bytes, int from, int end, int hash) {
		int index = (hash ^ hash >>> 16) & NAMES - 1;
		Name name = this.names[index];
		if (name == null || !Arrays.equals(name.bytes(), 0, name.bytes().length, bytes, from, end)) {
			name = new Name(Arrays.copyOfRange(bytes, from, end),
					new String(bytes, from, end - from, StandardCharsets.UTF_8));
			this.names[index] = name;
		}
		return name.text();
	}

	private static int integer(byte[] bytes, int at) {
		return bytes[at] << 24 | (bytes[at + 1] & 0xff) << 16 | (bytes[at + 2] & 0xff) << 8 | (bytes[at + 3] & 0xff);
	}

	/**
	 * A channel's name, as it is sent and as it is told.
	 */
	private record Name(byte[] bytes, String text) {

	}

}
