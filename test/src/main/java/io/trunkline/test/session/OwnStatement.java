package io.trunkline.test.session;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * A statement of the session's own, and what to do about its answer.
 *
 * @param command the statement, which succeeds in any transaction that is sound
 * @param refused what to do where it does not
 * @param answered what to do where it does, given the number of its rows
 */
record OwnStatement(Command command, Consumer<Throwable> refused, IntConsumer answered) {

	OwnStatement(Command command, Consumer<Throwable> refused) {
		this(command, refused, (rows) -> {
		});
	}

	/**
	 * SQL without parameters, as the messages Parse, Bind and Execute. It is the same in
	 * every test, so that it is written once.
	 *
	 * @param sql the statement
	 * @param messages what is sent
	 */
	record Command(String sql, byte[] messages) {

		/** Both without a name, parameters, and formats. */
		private static final byte[] BIND_AND_EXECUTE = { 'B', 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 'E', 0, 0, 0, 9, 0,
				0, 0, 0, 0 };

		Command(String sql) {
			this(sql, messages(sql.getBytes(StandardCharsets.UTF_8)));
		}

		private static byte[] messages(byte[] sql) {
			int length = Integer.BYTES + 1 + sql.length + 1 + Short.BYTES;
			return ByteBuffer.allocate(1 + length + BIND_AND_EXECUTE.length)
				.put((byte) 'P')
				.putInt(length)
				.put((byte) 0)
				.put(sql)
				.put((byte) 0)
				.putShort((short) 0)
				.put(BIND_AND_EXECUTE)
				.array();
		}

	}

}
