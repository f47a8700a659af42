package io.trunkline.test.session;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

import io.trunkline.test.session.OwnStatement.Command;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Checks deferred constraints where a transaction of the application commits, as the
 * server would, and defers them again for the next one.
 */
final class Deferral {

	/**
	 * A name stands for all constraints of that name in its schema, as in
	 * {@code SET CONSTRAINTS}.
	 */
	private static final String DEFERRED = """
			SELECT DISTINCT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.conname)
			FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
			WHERE c.condeferrable AND (c.condeferred OR $flag)
			""";

	/**
	 * Gives a row where there are any.
	 */
	private static final Command ANY = new Command(
			"SELECT 'any' FROM pg_catalog.pg_constraint WHERE condeferrable LIMIT 1");

	private static final Set<String> NO_DEFINITION = Set.of("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH",
			"COPY", "VALUES", "TABLE", "SHOW", "EXPLAIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "LOCK", "FETCH", "SET",
			"RESET", "NOTIFY");

	private @Nullable List<String> deferrable;

	private List<String> deferred = List.of();

	/**
	 * Return the statement that tells whether there are none, which spares the checks.
	 */
	OwnStatement look(Consumer<Throwable> refused) {
		return new OwnStatement(ANY, refused, (rows) -> {
			if (rows == 0) {
				loaded(List.of(), List.of());
			}
		});
	}

	/**
	 * Whether there may be constraints to check.
	 */
	synchronized boolean isNeeded() {
		return this.deferrable == null || !this.deferrable.isEmpty();
	}

	/**
	 * Take note of a statement that may define constraints.
	 */
	synchronized void sent(String sql) {
		if (StatementText.isSeveral(sql) || !NO_DEFINITION.contains(StatementText.firstWord(sql))) {
			this.deferrable = null;
		}
	}

	/**
	 * Look at the constraints now.
	 */
	Mono<Void> check(Wire wire) {
		return load(wire)
			.then(Mono.defer(() -> deferrable().isEmpty() ? Mono.empty() : wire.run("SET CONSTRAINTS ALL IMMEDIATE")));
	}

	/**
	 * Return the statement that defers them again, empty where there is nothing to defer.
	 */
	synchronized String restore() {
		return this.deferred.isEmpty() ? "" : "; SET CONSTRAINTS " + String.join(", ", this.deferred) + " DEFERRED";
	}

	private Mono<Void> load(Wire wire) {
		return Mono.defer(() -> {
			synchronized (this) {
				if (this.deferrable != null) {
					return Mono.empty();
				}
			}
			return wire.strings(DEFERRED.replace("$flag", "true"))
				.zipWhen((all) -> all.isEmpty() ? Mono.just(List.<String>of())
						: wire.strings(DEFERRED.replace("$flag", "false")))
				.doOnNext((lists) -> loaded(lists.getT1(), lists.getT2()))
				.then();
		});
	}

	private synchronized void loaded(List<String> deferrable, List<String> deferred) {
		this.deferrable = deferrable;
		this.deferred = deferred;
	}

	private synchronized List<String> deferrable() {
		List<String> known = this.deferrable;
		return (known != null) ? known : List.of();
	}

}
