package io.trunkline.copy;

/**
 * A value does not fit a type, for a reason that does not tell the value. Whoever knows
 * the row and the column catches it.
 */
@SuppressWarnings("serial")
final class MisfitException extends IllegalArgumentException {

	private final String reason;

	MisfitException(String reason) {
		super(reason);
		this.reason = reason;
	}

	String reason() {
		return this.reason;
	}

	/**
	 * Refuse a value because of its class.
	 */
	static MisfitException ofClass(Object value, String expected) {
		return new MisfitException("a " + value.getClass().getTypeName() + " does not convert to it; use " + expected);
	}

	/**
	 * Refuse text that is not what the type's values look like.
	 */
	static MisfitException ofText(String expected) {
		return new MisfitException("the text is not " + expected);
	}

}
