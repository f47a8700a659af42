package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

/**
 * A value does not fit its column. Whoever counts the rows makes a
 * {@link CopyEncodingException} of it.
 */
@SuppressWarnings("serial")
final class FieldException extends RuntimeException {

	private final String column;

	private final @Nullable String sqlType;

	private final @Nullable Class<?> valueType;

	private final String reason;

	private FieldException(String column, @Nullable String sqlType, @Nullable Class<?> valueType, String reason) {
		super(reason, null, false, false);
		this.column = column;
		this.sqlType = sqlType;
		this.valueType = valueType;
		this.reason = reason;
	}

	static FieldException of(RowColumn column, Object value, RuntimeException cause) {
		// Other messages are somebody else's, and may tell the value.
		String reason = (cause instanceof MisfitException misfit) ? misfit.reason()
				: "converting it failed with " + cause.getClass().getName();
		return new FieldException(column.name(), column.type().name(), value.getClass(), reason);
	}

	static FieldException ofUnknownColumn(String name, String reason) {
		return new FieldException(name, null, null, reason);
	}

	String column() {
		return this.column;
	}

	/**
	 * Say what is wrong, without the column.
	 */
	String describe() {
		return (this.valueType != null)
				? "value of class " + this.valueType.getTypeName() + " for type " + this.sqlType + ": " + this.reason
				: this.reason;
	}

	CopyEncodingException atRow(long index) {
		return new CopyEncodingException(index, this.column, this.sqlType, this.valueType, this.reason);
	}

	/**
	 * Say what is wrong, but for the row.
	 */
	String describeWithColumn() {
		return CopyEncodingException.describe(null, this.column, this.sqlType, this.valueType, this.reason);
	}

}
