package io.trunkline.sample.tables;

import java.util.List;
import java.util.Map;

import io.trunkline.table.TableManager;
import io.trunkline.table.UpsertResult;
import io.trunkline.table.UpsertSpec;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * What to do with rows that are there already.
 */
enum WriteMode {

	/** Refuse them. */
	INSERT {
		@Override
		Mono<UpsertResult> write(TableManager tables, String table, List<String> key,
				Publisher<? extends Map<String, ?>> rows) {
			if (!key.isEmpty()) {
				throw RowParameters.refused("The parameter 'key' goes with mode=upsert or mode=ignore");
			}
			return tables.insert(table).rows(rows).execute().map((inserted) -> new UpsertResult(inserted, 0));
		}
	},

	/** Change what is there. */
	UPSERT {
		@Override
		Mono<UpsertResult> write(TableManager tables, String table, List<String> key,
				Publisher<? extends Map<String, ?>> rows) {
			return onConflict(tables.upsert(table), key).rows(rows).execute();
		}
	},

	/** Leave what is there. */
	IGNORE {
		@Override
		Mono<UpsertResult> write(TableManager tables, String table, List<String> key,
				Publisher<? extends Map<String, ?>> rows) {
			return onConflict(tables.upsert(table).ignore(), key).rows(rows).execute();
		}
	};

	abstract Mono<UpsertResult> write(TableManager tables, String table, List<String> key,
			Publisher<? extends Map<String, ?>> rows);

	private static UpsertSpec onConflict(UpsertSpec upsert, List<String> key) {
		return key.isEmpty() ? upsert : upsert.onConflict(key.toArray(String[]::new));
	}

}
