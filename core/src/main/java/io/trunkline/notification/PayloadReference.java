package io.trunkline.notification;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * What a notification carries for a payload that it cannot hold. A digest over it and the
 * channel tells it from any text that only looks like one.
 *
 * @param id its key in the table
 * @param bytes the size of the payload
 */
record PayloadReference(UUID id, int bytes) {

	private static final String PREFIX = "trunkline:payload:";

	private static final Pattern FORMAT = Pattern
		.compile(PREFIX + "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([1-9][0-9]{0,9}):([0-9a-f]{32})");

	static PayloadReference create(int bytes) {
		return new PayloadReference(UUID.randomUUID(), bytes);
	}

	String format(String channel) {
		return PREFIX + this.id + ':' + this.bytes + ':' + digest(channel);
	}

	/**
	 * Find the reference that a payload is.
	 * @return {@code null} where the payload is no reference of this channel
	 */
	static @Nullable PayloadReference parse(String channel, String payload) {
		if (!payload.startsWith(PREFIX)) {
			return null;
		}
		Matcher matcher = FORMAT.matcher(payload);
		if (!matcher.matches() || Long.parseLong(matcher.group(2)) > Integer.MAX_VALUE) {
			return null;
		}
		PayloadReference reference = new PayloadReference(UUID.fromString(matcher.group(1)),
				Integer.parseInt(matcher.group(2)));
		return reference.digest(channel).equals(matcher.group(3)) ? reference : null;
	}

	private String digest(String channel) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256")
				.digest((PREFIX + this.id + ':' + this.bytes + ':' + channel).getBytes(StandardCharsets.UTF_8));
			return HexFormat.of().formatHex(digest, 0, 16);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
