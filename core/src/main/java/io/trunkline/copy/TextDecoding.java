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
 * Takes a byte order mark off, and converts encodings to UTF-8.
 */
final class TextDecoding extends ByteStage {

	private static final int MARK_LENGTH = 3;

	private static final int CARRY = 4;

	/** Stands for what is no character: half of a pair, which no decoder emits. */
	private static final char NO_CHARACTER = '\uDC00';

	private static final byte INVALID = (byte) 0xFF;

	private final @Nullable Charset declared;

	private final boolean detecting;

	/** Whether what is no character is left to be found as an invalid byte. */
	private final boolean lenient;

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

	private long lines;

	private boolean returned;

	private TextDecoding(@Nullable Charset declared, boolean detecting, boolean lenient, int frameSize) {
		this.declared = declared;
		this.detecting = detecting;
		this.lenient = lenient;
		this.characters = CharBuffer.allocate(frameSize / MARK_LENGTH);
	}

	/**
	 * Create a step that converts what the server cannot: UTF-16. It fails with the line
	 * where the source is not valid.
	 * @param format the format, with the encoding as it was set
	 * @param frameSize the size of the outputs in bytes
	 */
	static TextDecoding forServer(CopyFormat format, int frameSize) {
		return new TextDecoding(format.utf16(), format.encoding() == null, false, frameSize);
	}

	/**
	 * Create a step that converts to UTF-8. What is not valid becomes a byte that is not
	 * valid either, so that whoever cuts the records finds it in its place.
	 * @param format the format, with the encoding as it was set
	 * @param frameSize the size of the outputs in bytes
	 */
	static TextDecoding toUtf8(CopyFormat format, int frameSize) {
		Charset charset = SourceEncodings.required(format.encoding());
		return new TextDecoding((charset != StandardCharsets.UTF_8) ? charset : null, format.encoding() == null, true,
				frameSize);
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
		return (decoder == null || input == null || this.over) ? null : decode(decoder, input);
	}

	/**
	 * Convert as much as fits; what is left of the input is the first half of a character
	 * then.
	 */
	private @Nullable Chunk decode(CharsetDecoder decoder, ByteBuffer input) {
		fill(decoder, input);
		this.characters.flip();
		int start = (this.characters.hasRemaining() && isFirst() && this.characters.get(0) == '\uFEFF') ? 1 : 0;
		this.characters.position(start);
		ByteBuffer output = ByteBuffer.allocate(this.characters.remaining() * MARK_LENGTH + CARRY);
		boolean last = this.ended && !input.hasRemaining();
		while (this.encoder.encode(this.characters, output, last).isError()) {
			this.characters.get();
			output.put(INVALID);
		}
		this.characters.compact();
		this.over = last;
		if (output.position() == 0) {
			this.carry = new byte[input.remaining()];
			input.get(this.carry);
			return null;
		}
		Chunk text = Chunk.of(output.array(), output.position());
		count(text);
		return text;
	}

	/**
	 * Decode until there is no more room or input. What came before something invalid is
	 * converted first.
	 */
	private void fill(CharsetDecoder decoder, ByteBuffer input) {
		CoderResult result = decoder.decode(input, this.characters, this.ended);
		while (result.isError() && this.characters.hasRemaining()) {
			if (!this.lenient && this.characters.position() > 0) {
				return;
			}
			if (!this.lenient) {
				throw new CopyDataException("The source is not valid " + decoder.charset(),
						new CopyLocation(this.lines + 1, null), cause(result));
			}
			input.position(input.position() + result.length());
			this.characters.put(NO_CHARACTER);
			result = decoder.decode(input, this.characters, this.ended);
		}
	}

	private static @Nullable Throwable cause(CoderResult result) {
		try {
			result.throwException();
			return null;
		}
		catch (CharacterCodingException ex) {
			return ex;
		}
	}

	private boolean isFirst() {
		boolean first = !this.firstSeen;
		this.firstSeen = true;
		return first;
	}

	private void count(Chunk text) {
		for (int i = text.offset(); i < text.end() && !this.lenient; i++) {
			byte b = text.array()[i];
			this.lines += (b == '\r' || (b == '\n' && !this.returned)) ? 1 : 0;
			this.returned = b == '\r';
		}
	}

}
