package io.trunkline.copy;

import java.nio.file.Path;

import io.trunkline.schema.TableName;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * How many bad rows a load goes on with, and where it puts them. Immutable: every method
 * returns a new one.
 *
 * @since 0.1.0
 * @see LoadSpec#reject(Rejects)
 */
public final class Rejects {

	/**
	 * How many rejected rows the report holds when they go elsewhere as well.
	 */
	public static final int LISTED = 100;

	/**
	 * How many characters of a raw line are kept by default.
	 */
	public static final int DEFAULT_RAW_LENGTH = 1000;

	private static final int LARGEST_LIST = 10_000;

	private final long limit;

	private final int rawLength;

	private final @Nullable Path file;

	private final @Nullable TableName table;

	private Rejects(long limit, int rawLength, @Nullable Path file, @Nullable TableName table) {
		this.limit = limit;
		this.rawLength = rawLength;
		this.file = file;
		this.table = table;
	}

	/**
	 * Reject up to a number of rows: one more and the load fails, with nothing loaded.
	 * The report lists them all, or the first 10,000.
	 * @param limit the largest number of rejected rows
	 */
	public static Rejects upTo(long limit) {
		Assert.isTrue(limit > 0, () -> "'limit' must be positive, and is " + limit);
		return new Rejects(limit, DEFAULT_RAW_LENGTH, null, null);
	}

	/**
	 * Reject any number of rows.
	 */
	public static Rejects unlimited() {
		return upTo(Long.MAX_VALUE);
	}

	/**
	 * Write the rejected rows to a file as well, in CSV with a header line:
	 * {@code line,column_name,reason,sql_state,raw}. It is written beside its target and
	 * moved there when complete, before the load commits, also when nothing is rejected.
	 * The report lists the first {@value #LISTED}.
	 * @param file the file, which is replaced
	 */
	public Rejects toFile(Path file) {
		Assert.notNull(file, "'file' must not be null");
		return new Rejects(this.limit, this.rawLength, file, this.table);
	}

	/**
	 * Store the rejected rows in a table as well, in the transaction of the load. It is
	 * created where there is none: {@code (line bigint, column_name text, reason text,
	 * sql_state text, raw text)}; it may have more columns. The report lists the first
	 * {@value #LISTED}.
	 * @param table the name of the table
	 */
	public Rejects toTable(String table) {
		return new Rejects(this.limit, this.rawLength, this.file, TableName.parse(table));
	}

	/**
	 * Set how much of the raw line is kept. A source that is a file is read once more for
	 * it when rows were refused; of other sources each line is staged beside its row.
	 * @param characters how many characters, {@value #DEFAULT_RAW_LENGTH} by default; 0
	 * keeps none, and spares the server storing every line for the case that a constraint
	 * refuses it
	 */
	public Rejects rawLength(int characters) {
		Assert.isTrue(characters >= 0, () -> "'characters' must not be negative, and is " + characters);
		return new Rejects(this.limit, characters, this.file, this.table);
	}

	long limit() {
		return this.limit;
	}

	int rawLength() {
		return this.rawLength;
	}

	@Nullable Path file() {
		return this.file;
	}

	@Nullable TableName table() {
		return this.table;
	}

	/**
	 * Return how many rows the report lists.
	 */
	int listed() {
		return (this.file != null || this.table != null) ? LISTED : (int) Math.min(this.limit, LARGEST_LIST);
	}

}
