package io.trunkline.copy;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.util.StringUtils;

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
		super(describe(rowIndex, column, sqlType, valueType, reason));
		this.rowIndex = rowIndex;
		this.column = column;
		this.sqlType = sqlType;
		this.valueType = valueType;
	}

	static String describe(@Nullable Long rowIndex, @Nullable String column, @Nullable String sqlType,
			@Nullable Class<?> valueType, String reason) {
		List<String> parts = new ArrayList<>();
		if (rowIndex != null) {
			parts.add("Row " + rowIndex);
		}
		if (column != null) {
			parts.add("column \"" + column + "\"" + ((sqlType != null) ? " of type " + sqlType : ""));
		}
		if (valueType != null) {
			parts.add("value of class " + valueType.getTypeName());
		}
		return StringUtils.capitalize(String.join(", ", parts)) + ": " + reason;
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
