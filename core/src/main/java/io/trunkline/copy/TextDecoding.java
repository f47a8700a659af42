package io.trunkline.copy;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

/**
 * Takes a byte order mark off, and converts UTF-16, which the server does not know, to
 * UTF-8.
 */
final class TextDecoding extends ByteStage {

	private static final int MARK_LENGTH = 3;

	private static final int CARRY = 4;

	private final @Nullable Charset declared;

	private final boolean detecting;

	private final CharBuffer characters;

	private @Nullable CharsetDecoder decoder;

	private final CharsetEncoder encoder = StandardCharsets.UTF_8.newEncoder()
		.onMalformedInput(CodingErrorAction.REPORT);

	private boolean begun;

	private boolean firstSeen;

	private boolean ended;

	private boolean over;

	private @Nullable Chunk plain;

	private @Nullable ByteBuffer input;

	private byte[] carry = new byte[0];

	/**
	 * Create a step.
	 * @param format the format, with the encoding as it was set
	 * @param frameSize the size of the outputs in bytes
	 */
	TextDecoding(CopyFormat format, int frameSize) {
		this.declared = format.utf16();
		this.detecting = format.encoding() == null;
		this.characters = CharBuffer.allocate(frameSize / MARK_LENGTH);
	}

	@Override
	protected void accept(@Nullable Chunk chunk) {
		if (chunk == null) {
			this.ended = true;
			this.input = ByteBuffer.wrap(this.carry);
			return;
		}
		Chunk text = this.begun ? chunk : begin(chunk);
		if (this.decoder == null) {
			this.plain = text;
		}
		else {
			this.input = (this.carry.length == 0) ? text.toByteBuffer()
					: ByteBuffer.allocate(this.carry.length + text.length())
						.put(this.carry)
						.put(text.array(), text.offset(), text.length())
						.flip();
		}
	}

	private Chunk begin(Chunk first) {
		this.begun = true;
		Charset charset = this.declared;
		if (charset != null) {
			decode(charset);
			return first;
		}
		int length = Math.min(first.length(), MARK_LENGTH);
		int mark = 0;
		for (int i = 0; i < length; i++) {
			mark = mark << 8 | (first.array()[first.offset() + i] & 0xFF);
		}
		if (mark == 0xEFBBBF) {
			return first.from(first.offset() + MARK_LENGTH);
		}
		int start = (length == MARK_LENGTH) ? mark >>> 8 : mark;
		if (this.detecting && length >= 2 && (start == 0xFEFF || start == 0xFFFE)) {
			decode(StandardCharsets.UTF_16);
		}
		return first;
	}

	private void decode(Charset charset) {
		this.decoder = charset.newDecoder()
			.onMalformedInput(CodingErrorAction.REPORT)
			.onUnmappableCharacter(CodingErrorAction.REPORT);
	}

	@Override
	protected @Nullable Chunk next() {
		Chunk plain = this.plain;
		if (plain != null) {
			this.plain = null;
			return (plain.length() > 0) ? plain : null;
		}
		CharsetDecoder decoder = this.decoder;
		ByteBuffer input = this.input;
		if (decoder == null || input == null || this.over) {
			return null;
		}
		try {
			return decode(decoder, input);
		}
		catch (CharacterCodingException ex) {
			throw new CopyDataException("The source is not valid " + decoder.charset(), null, ex);
		}
	}

	/**
	 * Convert as much as fits; what is left of the input is the first half of a character
	 * then.
	 */
	private @Nullable Chunk decode(CharsetDecoder decoder, ByteBuffer input) throws CharacterCodingException {
		check(decoder.decode(input, this.characters, this.ended));
		this.characters.flip();
		int start = (this.characters.hasRemaining() && isFirst() && this.characters.get(0) == '\uFEFF') ? 1 : 0;
		this.characters.position(start);
		ByteBuffer output = ByteBuffer.allocate(this.characters.remaining() * MARK_LENGTH + CARRY);
		check(this.encoder.encode(this.characters, output, this.ended && !input.hasRemaining()));
		this.characters.compact();
		if (this.ended && !input.hasRemaining()) {
			this.over = true;
		}
		if (output.position() == 0) {
			this.carry = new byte[input.remaining()];
			input.get(this.carry);
			return null;
		}
		return Chunk.of(output.array(), output.position());
	}

	private boolean isFirst() {
		boolean first = !this.firstSeen;
		this.firstSeen = true;
		return first;
	}

	private static void check(CoderResult result) throws CharacterCodingException {
		if (result.isError()) {
			result.throwException();
		}
	}

}
