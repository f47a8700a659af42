package io.trunkline.schema;

import org.jspecify.annotations.Nullable;

/**
 * A sequence.
 *
 * @param schema its schema
 * @param name its name inside the schema
 * @param dataType {@code smallint}, {@code integer} or {@code bigint}
 * @param start the value it starts with
 * @param increment what is added for each value
 * @param minimum the lowest value
 * @param maximum the highest value
 * @param cache how many values a session takes at once
 * @param cycle whether it starts again after the last value
 * @param ownerTable the table that it is dropped with, as of a {@code serial} or identity
 * column; {@code null} for none
 * @param ownerColumn the column there, {@code null} for none
 * @param comment the comment, {@code null} for none
 * @since 0.1.0
 */
public record SequenceInfo(String schema, String name, String dataType, long start, long increment, long minimum,
		long maximum, long cache, boolean cycle, @Nullable TableName ownerTable, @Nullable String ownerColumn,
		@Nullable String comment) {

	static SequenceInfo from(CatalogRow row) {
		String ownerSchema = row.optional(10);
		return new SequenceInfo(row.text(0), row.text(1), row.text(2), Long.parseLong(row.text(3)),
				Long.parseLong(row.text(4)), Long.parseLong(row.text(5)), Long.parseLong(row.text(6)),
				Long.parseLong(row.text(7)), row.flag(8),
				(ownerSchema != null) ? new TableName(ownerSchema, row.text(11)) : null, row.optional(12),
				row.optional(9));
	}

}
