package io.trunkline.copy;

/**
 * Checks UTF-8 by the server's rules, which are those of Unicode.
 */
final class Utf8 {

	private Utf8() {
	}

	static boolean isValid(byte[] bytes, int from, int to) {
		int i = from;
		while (i < to) {
			int lead = bytes[i++] & 0xFF;
			if (lead < 0x80) {
				continue;
			}
			int more = (lead >= 0xC2 && lead < 0xE0) ? 1
					: (lead >= 0xE0 && lead < 0xF0) ? 2 : (lead >= 0xF0 && lead < 0xF5) ? 3 : 0;
			if (more == 0 || i + more > to) {
				return false;
			}
			int second = bytes[i] & 0xFF;
			if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90)
					|| (lead == 0xF4 && second > 0x8F)) {
				return false;
			}
			for (int j = 0; j < more; j++) {
				if ((bytes[i++] & 0xC0) != 0x80) {
					return false;
				}
			}
		}
		return true;
	}

}
