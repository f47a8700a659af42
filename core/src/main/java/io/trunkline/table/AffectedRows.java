package io.trunkline.table;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;

import reactor.core.publisher.Flux;

import org.springframework.util.Assert;

/**
 * How many rows an operation may hit.
 *
 * @param limit the number, less than 0 for any
 */
record AffectedRows(long limit) {

	static final AffectedRows ANY = new AffectedRows(-1);

	static AffectedRows atMost(long rows) {
		Assert.isTrue(rows >= 0, () -> "'rows' must not be negative, and is " + rows);
		return new AffectedRows(rows);
	}

	/**
	 * Roll work back that hits more rows.
	 * @param rows how many rows a result tells of
	 */
	<T> Flux<T> check(TableSettings settings, String table, Flux<T> work, ToLongFunction<? super T> rows) {
		if (this.limit < 0) {
			return work;
		}
		return settings.connections().inTransaction((connection) -> {
			AtomicLong total = new AtomicLong();
			return work.doOnNext((result) -> {
				if (total.addAndGet(rows.applyAsLong(result)) > this.limit) {
					throw new AffectedRowsExceededException(table, this.limit);
				}
			});
		});
	}

}
