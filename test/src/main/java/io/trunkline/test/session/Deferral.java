package io.trunkline.test.session;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

import io.trunkline.test.session.OwnStatement.Command;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Checks deferred constraints where a transaction of the application commits, as the
 * server would, and defers them again for the next one.
 */
final class Deferral {

	/**
	 * A name stands for all constraints of that name in its schema, as in
	 * {@code SET CONSTRAINTS}. Where not all of them are alike, or the role cannot use
	 * the schema, the name is of no use.
	 */
	private static final String DEFERRED = """
			SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.conname)
			FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
			GROUP BY n.oid, n.nspname, c.conname
			HAVING pg_catalog.bool_or(c.condeferred)
			    AND $not (pg_catalog.bool_and(c.condeferrable AND c.condeferred)
			        AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'))
			""";

	/**
	 * Gives a row where there are any.
	 */
	private static final Command ANY = new Command(
			"SELECT 'any' FROM pg_catalog.pg_constraint WHERE condeferrable LIMIT 1");

	private static final Set<String> NO_DEFINITION = Set.of("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH",
			"COPY", "VALUES", "TABLE", "SHOW", "EXPLAIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "LOCK", "FETCH", "SET",
			"RESET", "NOTIFY");

	private static final Log logger = LogFactory.getLog(Deferral.class);

	/** {@code null} where that is not known. */
	private @Nullable Boolean needed;

	private List<String> deferred = List.of();

	private boolean defined;

	private boolean warned;

	/**
	 * Return the statement that tells whether there are none, which spares the checks.
	 */
	OwnStatement look(Consumer<Throwable> refused) {
		return new OwnStatement(ANY, refused, (rows) -> {
			if (rows == 0) {
				loaded(false, List.of(), List.of());
			}
		});
	}

	/**
	 * Whether there may be constraints to check.
	 */
	synchronized boolean isNeeded() {
		return this.needed == null || this.needed;
	}

	/**
	 * Take note of a statement that may define constraints.
	 */
	synchronized void sent(String sql) {
		if (StatementText.isSeveral(sql) || !NO_DEFINITION.contains(StatementText.firstWord(sql))) {
			this.needed = null;
			this.defined = true;
		}
	}

	/**
	 * Whether there has been such a statement.
	 */
	synchronized boolean hasDefined() {
		return this.defined;
	}

	/**
	 * Take note that definitions may have been undone.
	 */
	synchronized void undone() {
		if (this.defined) {
			this.needed = null;
		}
	}

	/**
	 * Look at the constraints now.
	 */
	Mono<Void> check(Wire wire) {
		return load(wire).then(Mono.defer(() -> isNeeded() ? wire.run("SET CONSTRAINTS ALL IMMEDIATE") : Mono.empty()));
	}

	/**
	 * Return the statement that defers them again, empty where there is nothing to defer.
	 */
	synchronized String restore() {
		return this.deferred.isEmpty() ? "" : "SET CONSTRAINTS " + String.join(", ", this.deferred) + " DEFERRED";
	}

	private Mono<Void> load(Wire wire) {
		return Mono.defer(() -> {
			synchronized (this) {
				if (this.needed != null) {
					return Mono.empty();
				}
			}
			return wire.strings(ANY.sql())
				.flatMap((any) -> any.isEmpty() ? Mono.fromRunnable(() -> loaded(false, List.of(), List.of()))
						: Mono
							.zip(wire.strings(DEFERRED.replace("$not", "")),
									wire.strings(DEFERRED.replace("$not", "NOT")))
							.doOnNext((lists) -> loaded(true, lists.getT1(), lists.getT2())))
				.then();
		});
	}

	private synchronized void loaded(boolean needed, List<String> deferred, List<String> mixed) {
		this.needed = needed;
		this.deferred = deferred;
		if (!mixed.isEmpty() && !this.warned) {
			this.warned = true;
			logger.warn("After a commit these constraints are checked at once until the end of the test, as their"
					+ " names are shared with others that are not deferred, or the role may not use their schema: "
					+ String.join(", ", mixed));
		}
	}

}
