package io.trunkline.connection;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * {@link NotificationDecoder}.
 */
class NotificationDecoderTests {

	private static final String LONGEST = "ä".repeat(31) + "x";

	private final List<String> read = new ArrayList<>();

	private final NotificationReader reader = new NotificationReader() {

		@Override
		public void read(String channel, String payload, int pid) {
			NotificationDecoderTests.this.read.add(channel + '|' + payload + '|' + pid);
		}

		@Override
		public void readComplete() {
			NotificationDecoderTests.this.read.add("complete");
		}

	};

	@Test
	void takesNotificationsOutOfWhatIsReadAndTellsWhenThatWasAll() {
		EmbeddedChannel channel = new EmbeddedChannel(new NotificationDecoder(this.reader));
		channel.writeInbound(Unpooled.wrappedBuffer(notification("a", "one", 7), message('Z', "I"),
				notification(LONGEST, "zwölf 🚂", -1), notification("a", "", Integer.MAX_VALUE)));
		assertThat(this.read).containsExactly("a|one|7", LONGEST + "|zwölf 🚂|-1", "a||2147483647", "complete");
		assertThat(messages(channel)).containsExactly(dump(message('Z', "I")));
		channel.writeInbound(message('D', "row"));
		assertThat(this.read).hasSize(4);
		assertThat(channel.finish()).isTrue();
		channel.releaseInbound();
	}

	@Test
	void tellsTheSameNameByTheSameObject() {
		List<String> names = new ArrayList<>();
		EmbeddedChannel channel = new EmbeddedChannel(new NotificationDecoder(new NotificationReader() {

			@Override
			public void read(String channel, String payload, int pid) {
				names.add(channel);
			}

			@Override
			public void readComplete() {
			}

		}));
		// The second and the third have the same hash.
		for (String name : new String[] { "name", "Aa", "BB", "name", "BB" }) {
			channel.writeInbound(notification(name, "", 1));
		}
		assertThat(names).containsExactly("name", "Aa", "BB", "name", "BB");
		assertThat(names.get(3)).isSameAs(names.get(0));
		assertThat(names.get(4)).isSameAs(names.get(2));
		assertThat(channel.finish()).isFalse();
	}

	@Test
	void takesNothingTwiceAndLosesNothingHoweverItIsCut() {
		long seed = ThreadLocalRandom.current().nextLong();
		Random random = new Random(seed);
		for (int run = 0; run < 40; run++) {
			this.read.clear();
			// Small pieces of small messages, or large ones of large messages.
			int scale = (run % 2 == 0) ? 1 : 100;
			List<String> notifications = new ArrayList<>();
			List<String> others = new ArrayList<>();
			ByteBuf sent = Unpooled.buffer();
			for (int i = random.nextInt(30); i >= 0; i--) {
				if (random.nextInt(3) > 0) {
					String payload = "ü".repeat(random.nextInt(40 * scale)) + i;
					sent.writeBytes(notification("channel " + i % 3, payload, i));
					notifications.add("channel " + i % 3 + '|' + payload + '|' + i);
				}
				else {
					ByteBuf other = message((char) ('B' + random.nextInt(24)), "x".repeat(random.nextInt(200 * scale)));
					others.add(dump(other));
					sent.writeBytes(other);
				}
			}
			EmbeddedChannel channel = new EmbeddedChannel(new NotificationDecoder(this.reader));
			int most = 1 + random.nextInt(20 * scale * scale);
			while (sent.isReadable()) {
				channel.writeInbound(sent.readBytes(1 + random.nextInt(Math.min(most, sent.readableBytes()))));
			}
			this.read.removeIf("complete"::equals);
			assertThat(this.read).as("seed %d, run %d", seed, run).isEqualTo(notifications);
			assertThat(messages(channel)).as("seed %d, run %d", seed, run).isEqualTo(others);
			channel.finish();
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { Integer.MIN_VALUE, -1, 0, 4, 9 })
	void failsForALengthThatIsNone(int length) {
		EmbeddedChannel channel = new EmbeddedChannel(new NotificationDecoder(this.reader));
		ByteBuf sent = Unpooled.buffer()
			.writeBytes(notification("a", "one", 7))
			.writeByte('A')
			.writeInt(length)
			.writeZero(20);
		assertThatExceptionOfType(CorruptedFrameException.class).isThrownBy(() -> channel.writeInbound(sent))
			.withMessageContaining(Integer.toString(length));
		assertThat(this.read).containsExactly("a|one|7");
		assertThat(channel.finish()).isFalse();
	}

	@Test
	void goesOnWithWhatTheDriversDecoderHolds() {
		EmbeddedChannel channel = new EmbeddedChannel(driversDecoder());
		ByteBuf notification = notification("a", "one", 7);
		channel.writeInbound(message('S', "first"), notification.readRetainedSlice(9));
		NotificationDecoder.install(channel, this.reader);
		channel.runPendingTasks();
		channel.writeInbound(notification, message('Z', "I"));
		assertThat(this.read).containsExactly("a|one|7", "complete");
		assertThat(messages(channel)).containsExactly(dump(message('S', "first")), dump(message('Z', "I")));
		assertThat(channel.pipeline().get(LengthFieldBasedFrameDecoder.class)).isInstanceOf(NotificationDecoder.class);
		channel.finish();
	}

	@Test
	void leavesADriverAloneThatHasAnotherDecoder() {
		ChannelHandler other = new ChannelInboundHandlerAdapter();
		EmbeddedChannel channel = new EmbeddedChannel(other);
		NotificationDecoder.install(channel, this.reader);
		channel.runPendingTasks();
		ByteBuf notification = notification("a", "one", 7);
		channel.writeInbound(notification);
		assertThat(this.read).isEmpty();
		assertThat(channel.<ByteBuf>readInbound()).isSameAs(notification);
		channel.finish();
	}

	private static LengthFieldBasedFrameDecoder driversDecoder() {
		return new LengthFieldBasedFrameDecoder(Integer.MAX_VALUE - 5, 1, 4, -4, 0);
	}

	private static ByteBuf notification(String channel, String payload, int pid) {
		ByteBuf content = Unpooled.buffer();
		content.writeInt(pid);
		content.writeBytes(channel.getBytes(StandardCharsets.UTF_8)).writeByte(0);
		content.writeBytes(payload.getBytes(StandardCharsets.UTF_8)).writeByte(0);
		return message('A', content);
	}

	private static ByteBuf message(char type, String content) {
		return message(type, Unpooled.copiedBuffer(content, StandardCharsets.UTF_8));
	}

	private static ByteBuf message(char type, ByteBuf content) {
		return Unpooled.buffer().writeByte(type).writeInt(4 + content.readableBytes()).writeBytes(content);
	}

	private static List<String> messages(EmbeddedChannel channel) {
		List<String> messages = new ArrayList<>();
		for (ByteBuf message = channel.readInbound(); message != null; message = channel.readInbound()) {
			messages.add(dump(message));
			message.release();
		}
		return messages;
	}

	private static String dump(ByteBuf message) {
		return ByteBufUtil.hexDump(message);
	}

}
