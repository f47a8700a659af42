package io.trunkline.copy;

/**
 * Reads JSON in UTF-8 as far as loads need it: is it valid beyond doubt, and where are
 * the members of an object.
 */
final class JsonText {

	private static final int DEEPEST = 200;

	/** So many digits are no problem for a {@code numeric}. */
	private static final int LONGEST_NUMBER = 300;

	private final byte[] bytes;

	private final int end;

	private int position;

	private boolean doubtful;

	JsonText(byte[] bytes, int from, int to) {
		this.bytes = bytes;
		this.position = from;
		this.end = to;
	}

	/**
	 * Return whether it is one valid value with nothing in it that {@code jsonb} may
	 * refuse: no Unicode escapes, no exponents, no depth.
	 */
	boolean isPlain() {
		skipSpace();
		boolean valid = skipValue(0);
		skipSpace();
		return valid && this.position == this.end && !this.doubtful;
	}

	int position() {
		return this.position;
	}

	boolean atEnd() {
		return this.position >= this.end;
	}

	void skipSpace() {
		while (this.position < this.end) {
			byte b = this.bytes[this.position];
			if (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
				return;
			}
			this.position++;
		}
	}

	/**
	 * Move past a character.
	 * @return whether it was there
	 */
	boolean take(char c) {
		if (this.position < this.end && this.bytes[this.position] == c) {
			this.position++;
			return true;
		}
		return false;
	}

	/**
	 * Move past a value.
	 * @return whether it was valid
	 */
	boolean skipValue() {
		return skipValue(0);
	}

	private boolean skipValue(int depth) {
		if (this.position >= this.end || depth > DEEPEST) {
			return false;
		}
		return switch (this.bytes[this.position]) {
			case '{' -> skipContainer(depth, '}', true);
			case '[' -> skipContainer(depth, ']', false);
			case '"' -> skipString();
			case 't' -> skipWord("true");
			case 'f' -> skipWord("false");
			case 'n' -> skipWord("null");
			default -> skipNumber();
		};
	}

	private boolean skipContainer(int depth, char closing, boolean object) {
		this.position++;
		skipSpace();
		if (take(closing)) {
			return true;
		}
		while (true) {
			skipSpace();
			if (object) {
				if (!skipString()) {
					return false;
				}
				skipSpace();
				if (!take(':')) {
					return false;
				}
				skipSpace();
			}
			if (!skipValue(depth + 1)) {
				return false;
			}
			skipSpace();
			if (take(closing)) {
				return true;
			}
			if (!take(',')) {
				return false;
			}
		}
	}

	boolean skipString() {
		if (!take('"')) {
			return false;
		}
		while (this.position < this.end) {
			byte b = this.bytes[this.position++];
			if (b == '"') {
				return true;
			}
			if (b >= 0 && b < ' ') {
				return false;
			}
			if (b == '\\' && !skipEscape()) {
				return false;
			}
		}
		return false;
	}

	private boolean skipEscape() {
		if (this.position >= this.end) {
			return false;
		}
		byte escaped = this.bytes[this.position++];
		if (escaped != 'u') {
			return "\"\\/bfnrt".indexOf(escaped) >= 0;
		}
		this.doubtful = true;
		for (int i = 0; i < 4; i++) {
			if (this.position >= this.end || Character.digit(this.bytes[this.position++], 16) < 0) {
				return false;
			}
		}
		return true;
	}

	private boolean skipWord(String word) {
		for (int i = 0; i < word.length(); i++) {
			if (!take(word.charAt(i))) {
				return false;
			}
		}
		return true;
	}

	private boolean skipNumber() {
		int start = this.position;
		take('-');
		if (!take('0') && !skipDigits()) {
			return false;
		}
		if (take('.') && !skipDigits()) {
			return false;
		}
		if (take('e') || take('E')) {
			this.doubtful = true;
			if (!take('+')) {
				take('-');
			}
			return skipDigits();
		}
		this.doubtful |= this.position - start > LONGEST_NUMBER;
		return true;
	}

	private boolean skipDigits() {
		int start = this.position;
		while (this.position < this.end && this.bytes[this.position] >= '0' && this.bytes[this.position] <= '9') {
			this.position++;
		}
		return this.position > start;
	}

}
