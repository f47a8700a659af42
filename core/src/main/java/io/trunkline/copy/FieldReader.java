package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.TypeMismatchDataAccessException;
import org.springframework.data.core.TypeInformation;
import org.springframework.util.ClassUtils;

/**
 * Reads the values of one column. A record, as the compiler takes only the fields of
 * those for constants.
 *
 * @param column the column
 * @param index its index in the row
 * @param codec reads its values
 * @param target what its values become
 * @param type the class of that, boxed
 * @param direct whether a value of that class needs no look at its elements
 * @param conversions converts what the codec does not
 */
record FieldReader(RowColumn column, int index, TypeCodec codec, TypeInformation<?> target, Class<?> type,
		boolean direct, ValueConversions conversions) {

	static FieldReader of(RowColumn column, int index, TypeCodec codec, TypeInformation<?> target,
			ValueConversions conversions) {
		return new FieldReader(column, index, codec, target, ClassUtils.resolvePrimitiveIfNecessary(target.getType()),
				target.getTypeArguments().isEmpty(), conversions);
	}

	@Nullable Object read(RowBuffer row) {
		if (row.isNull(this.index)) {
			return null;
		}
		try {
			Object value = this.codec.decode(row.data(), row.offset(this.index), row.length(this.index), this.type);
			return (this.direct && this.type.isInstance(value)) ? value
					: this.conversions.fromDatabase(value, this.target);
		}
		catch (RuntimeException ex) {
			throw mismatch(ex);
		}
	}

	/**
	 * Read into what cannot be {@code null}.
	 */
	Object readRequired(RowBuffer row) {
		Object value = read(row);
		if (value == null) {
			throw isNull();
		}
		return value;
	}

	long readLong(RowBuffer row) {
		if (row.isNull(this.index)) {
			throw isNull();
		}
		return this.codec.decodeLong(row.data(), row.offset(this.index), row.length(this.index));
	}

	int readInt(RowBuffer row) {
		long value = readLong(row);
		if (value != (int) value) {
			throw mismatch(new MisfitException("the number is too large"));
		}
		return (int) value;
	}

	double readDouble(RowBuffer row) {
		if (row.isNull(this.index)) {
			throw isNull();
		}
		return this.codec.decodeDouble(row.data(), row.offset(this.index), row.length(this.index));
	}

	private TypeMismatchDataAccessException isNull() {
		return mismatch(new MisfitException("it is NULL, which the target cannot be"));
	}

	private TypeMismatchDataAccessException mismatch(RuntimeException ex) {
		// Other messages are somebody else's, and may tell the value.
		String reason = (ex instanceof MisfitException misfit) ? misfit.reason()
				: "converting it failed with " + ex.getClass().getName();
		return new TypeMismatchDataAccessException("Column \"%s\" of type %s, read as %s: %s"
			.formatted(this.column.name(), this.column.type().name(), this.target, reason));
	}

}
