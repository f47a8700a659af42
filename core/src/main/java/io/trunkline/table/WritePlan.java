package io.trunkline.table;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.trunkline.copy.DuplicateKeys;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * What an insert or an upsert is asked to do.
 *
 * @param kind what becomes of rows that are there already
 * @param conflictColumns the columns that tell, empty for none
 * @param constraint the constraint that tells, {@code null} for none
 * @param updated the columns to update, empty for all that are given
 * @param duplicateKeys what becomes of rows with equal keys, {@code null} by default
 * @param limit how many rows may be written
 * @param list the rows where they are known, {@code null} where they are not
 * @param rows the rows
 */
record WritePlan(Kind kind, List<String> conflictColumns, @Nullable String constraint, List<String> updated,
		@Nullable DuplicateKeys duplicateKeys, AffectedRows limit, @Nullable Collection<? extends Map<String, ?>> list,
		@Nullable Publisher<? extends Map<String, ?>> rows) {

	static final WritePlan INSERT = new WritePlan(Kind.INSERT, List.of(), null, List.of(), null, AffectedRows.ANY, null,
			null);

	static final WritePlan UPSERT = new WritePlan(Kind.UPDATE, List.of(), null, List.of(), null, AffectedRows.ANY, null,
			null);

	WritePlan conflict(List<String> columns, @Nullable String constraint) {
		return new WritePlan(this.kind, columns, constraint, this.updated, this.duplicateKeys, this.limit, this.list,
				this.rows);
	}

	WritePlan kind(Kind kind, List<String> updated) {
		return new WritePlan(kind, this.conflictColumns, this.constraint, updated, this.duplicateKeys, this.limit,
				this.list, this.rows);
	}

	WritePlan duplicateKeys(DuplicateKeys duplicateKeys) {
		return new WritePlan(this.kind, this.conflictColumns, this.constraint, this.updated, duplicateKeys, this.limit,
				this.list, this.rows);
	}

	WritePlan limit(AffectedRows limit) {
		return new WritePlan(this.kind, this.conflictColumns, this.constraint, this.updated, this.duplicateKeys, limit,
				this.list, this.rows);
	}

	WritePlan row(Map<String, ?> row) {
		Map<String, @Nullable Object> copy = Collections.unmodifiableMap(new LinkedHashMap<>(row));
		return rows(List.of(copy), null);
	}

	WritePlan rows(Iterable<? extends Map<String, ?>> rows) {
		if (rows instanceof Collection<? extends Map<String, ?>> collection) {
			return rows(collection, null);
		}
		return rows(null, Flux.fromIterable(rows));
	}

	WritePlan rows(Publisher<? extends Map<String, ?>> rows) {
		return rows(null, rows);
	}

	private WritePlan rows(@Nullable Collection<? extends Map<String, ?>> list,
			@Nullable Publisher<? extends Map<String, ?>> rows) {
		return new WritePlan(this.kind, this.conflictColumns, this.constraint, this.updated, this.duplicateKeys,
				this.limit, list, rows);
	}

	/**
	 * Return the rows where they are few, else {@code null}.
	 */
	@Nullable List<Map<String, ?>> fewRows(int fewerThan) {
		return (this.list != null && this.list.size() < fewerThan) ? new ArrayList<>(this.list) : null;
	}

	Flux<Map<String, ?>> allRows() {
		if (this.list != null) {
			return Flux.<Map<String, ?>>fromIterable(this.list);
		}
		if (this.rows != null) {
			return Flux.<Map<String, ?>>from(this.rows);
		}
		return Flux
			.error(new InvalidDataAccessApiUsageException("There is nothing to write: call row(…) or rows(…) before"));
	}

	boolean isUpdating() {
		return this.kind == Kind.UPDATE;
	}

	/**
	 * Whether the rows have to be looked through for equal keys, which nothing else does.
	 */
	boolean isCheckingDuplicates() {
		return this.duplicateKeys == DuplicateKeys.REJECT && this.kind == Kind.IGNORE;
	}

	boolean isDroppingDuplicates() {
		return this.duplicateKeys == DuplicateKeys.FIRST || this.duplicateKeys == DuplicateKeys.LAST;
	}

	/**
	 * What becomes of rows that are there already.
	 */
	enum Kind {

		/** They are an error. */
		INSERT,

		/** They stay, and the new ones are skipped. */
		IGNORE,

		/** They are updated. */
		UPDATE

	}

}
