package io.trunkline.copy;

import java.util.List;
import java.util.stream.Collectors;

import io.r2dbc.spi.Readable;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.SqlIdentifiers;
import reactor.core.publisher.Mono;

/**
 * The columns that no record of a source has, where only the records tell which there
 * are. They are left out of the merge, so that new rows get their defaults and other rows
 * keep what they have.
 */
final class AbsentColumns {

	private volatile List<String> names = List.of();

	/**
	 * Take note of the columns when the source has ended.
	 */
	void found(List<String> names) {
		this.names = List.copyOf(names);
	}

	/**
	 * Leave the columns out of a merge.
	 * @param plan the merge
	 * @param staging the staging table
	 * @param filled whether statements may have given them values since; those are kept
	 */
	Mono<MergePlan> leaveOut(MergePlan plan, StagingTable staging, boolean filled, PostgresConnections connections) {
		List<String> absent = this.names;
		if (absent.isEmpty() || !filled) {
			return Mono.just(without(plan, absent));
		}
		String empty = absent.stream()
			.map((name) -> "count(" + SqlIdentifiers.quote(name) + ") = 0")
			.collect(Collectors.joining(", "));
		return connections
			.query("SELECT " + empty + " FROM " + staging.quoted(), (row) -> without(plan, trueOnes(row, absent)))
			.singleOrEmpty();
	}

	private static MergePlan without(MergePlan plan, List<String> absent) {
		if (absent.size() == plan.columns().size()) {
			throw new CopyDataException("No record of the source has one of the columns " + absent, null, null);
		}
		return plan.without(absent);
	}

	private static List<String> trueOnes(Readable row, List<String> names) {
		return names.stream()
			.filter((name) -> Boolean.TRUE.equals(row.get(names.indexOf(name), Boolean.class)))
			.toList();
	}

}
