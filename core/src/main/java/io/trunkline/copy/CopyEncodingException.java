package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataIntegrityViolationException;

/**
 * A value of a row does not fit its column. It is raised before the row is stored, and
 * the load it belongs to stores nothing. The value itself is never told, as messages end
 * in logs.
 *
 * @since 0.1.0
 */
@SuppressWarnings("serial")
public final class CopyEncodingException extends DataIntegrityViolationException {

	private final long rowIndex;

	private final @Nullable String column;

	private final @Nullable String sqlType;

	private final @Nullable Class<?> valueType;

	CopyEncodingException(long rowIndex, @Nullable String column, @Nullable String sqlType,
			@Nullable Class<?> valueType, String reason) {
		super(message(rowIndex, column, sqlType, valueType, reason));
		this.rowIndex = rowIndex;
		this.column = column;
		this.sqlType = sqlType;
		this.valueType = valueType;
	}

	private static String message(long rowIndex, @Nullable String column, @Nullable String sqlType,
			@Nullable Class<?> valueType, String reason) {
		StringBuilder message = new StringBuilder("Row ").append(rowIndex);
		if (column != null) {
			message.append(", column \"").append(column).append('"');
		}
		if (sqlType != null) {
			message.append(" of type ").append(sqlType);
		}
		if (valueType != null) {
			message.append(", value of class ").append(valueType.getTypeName());
		}
		return message.append(": ").append(reason).toString();
	}

	/**
	 * Return the index of the row among those of the load, from 0.
	 */
	public long getRowIndex() {
		return this.rowIndex;
	}

	/**
	 * Return the column's name, or {@code null} if the row as a whole does not fit.
	 */
	public @Nullable String getColumn() {
		return this.column;
	}

	/**
	 * Return the name of the column's type, or {@code null} if no column is to blame.
	 */
	public @Nullable String getSqlType() {
		return this.sqlType;
	}

	/**
	 * Return the class of the value, or {@code null} if there is none.
	 */
	public @Nullable Class<?> getValueType() {
		return this.valueType;
	}

}
