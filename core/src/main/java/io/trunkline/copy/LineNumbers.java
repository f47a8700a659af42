package io.trunkline.copy;

/**
 * Writes numbers of lines.
 */
final class LineNumbers {

	private LineNumbers() {
	}

	/**
	 * Write a number that is not negative in decimal digits.
	 * @return the index behind it
	 */
	static int write(long number, byte[] out, int at) {
		int digits = 1;
		for (long rest = number; rest >= 10; rest /= 10) {
			digits++;
		}
		long rest = number;
		for (int i = at + digits - 1; i >= at; i--) {
			out[i] = (byte) ('0' + rest % 10);
			rest /= 10;
		}
		return at + digits;
	}

}
