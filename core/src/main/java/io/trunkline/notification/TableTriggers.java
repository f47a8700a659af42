package io.trunkline.notification;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

import io.r2dbc.spi.Readable;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.SqlIdentifiers;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.DigestUtils;

/**
 * The triggers that tell of the changes of a table. A comment on one of them tells which
 * version of them is there.
 */
final class TableTriggers {

	private static final Log logger = LogFactory.getLog(TableTriggers.class);

	private static final String LOOK_UP = """
			SELECT n.nspname, c.relname,
				(SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.position)
					FROM pg_catalog.pg_index i
					CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
					JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
					WHERE i.indrelid = c.oid AND i.indisprimary),
				(SELECT pg_catalog.obj_description(t.oid, 'pg_trigger')
					FROM pg_catalog.pg_trigger t
					WHERE t.tgrelid = c.oid AND t.tgname = 'trunkline_notify' AND t.tgenabled <> 'D')
			FROM pg_catalog.pg_class c
			JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE c.oid = pg_catalog.to_regclass($1) AND c.relkind IN ('r', 'p')
			""";

	/**
	 * The arguments are the channel and the columns of the key. A key that does not fit
	 * is left out.
	 */
	private static final String DDL = """
			CREATE OR REPLACE FUNCTION %1$s.trunkline_notify_change() RETURNS trigger
			LANGUAGE plpgsql SET search_path = pg_catalog AS $trunkline$
			DECLARE
				entry jsonb;
				key jsonb;
				old_key jsonb;
				change jsonb := jsonb_build_object('operation', TG_OP, 'schema', TG_TABLE_SCHEMA, 'table', TG_TABLE_NAME);
				payload text;
			BEGIN
				IF TG_OP <> 'TRUNCATE' THEN
					IF TG_OP = 'DELETE' THEN entry := to_jsonb(OLD); ELSE entry := to_jsonb(NEW); END IF;
					SELECT jsonb_object_agg(name, entry -> name) INTO key FROM unnest(TG_ARGV[1:]) AS name;
					IF TG_OP = 'UPDATE' THEN
						entry := to_jsonb(OLD);
						SELECT jsonb_object_agg(name, entry -> name) INTO old_key FROM unnest(TG_ARGV[1:]) AS name;
					END IF;
				END IF;
				payload := (change || jsonb_build_object('key', key, 'oldKey', nullif(old_key, key)))::text;
				IF octet_length(payload) > 7999 THEN payload := change::text; END IF;
				PERFORM pg_notify(TG_ARGV[0], payload);
				RETURN NULL;
			END
			$trunkline$;
			CREATE OR REPLACE TRIGGER trunkline_notify AFTER INSERT OR UPDATE OR DELETE ON %1$s.%2$s
				FOR EACH ROW EXECUTE FUNCTION %1$s.trunkline_notify_change(%3$s);
			CREATE OR REPLACE TRIGGER trunkline_notify_truncate AFTER TRUNCATE ON %1$s.%2$s
				FOR EACH STATEMENT EXECUTE FUNCTION %1$s.trunkline_notify_change(%3$s);
			""";

	private static final String COMMENT = "COMMENT ON TRIGGER trunkline_notify ON %s IS '%s';\n";

	/** Those who install the same function at the same time get into each other's way. */
	private static final String LOCK = "SELECT pg_catalog.pg_advisory_xact_lock(7236278542351)";

	private final PostgresConnections connections;

	private final boolean install;

	TableTriggers(PostgresConnections connections, boolean install) {
		this.connections = connections;
		this.install = install;
	}

	/**
	 * See to it that changes of a table are told.
	 * @param table its name as SQL writes it
	 * @return the channel
	 */
	Mono<String> ensure(String table) {
		return lookUp(table).flatMap((found) -> {
			Triggers wanted = Triggers.of(found);
			if (wanted.version().equals(found.version())) {
				return Mono.just(wanted.channel());
			}
			if (!this.install) {
				return Mono.error(new MissingTriggerException(found.qualified(), wanted.ddl()));
			}
			return install(wanted).doOnSuccess(
					(done) -> logger.info("Created triggers on " + found.qualified() + " that notify of its changes"))
				.thenReturn(wanted.channel());
		});
	}

	private Mono<Table> lookUp(String table) {
		return this.connections.query(LOOK_UP, Table::of, table)
			.singleOrEmpty()
			.switchIfEmpty(Mono.error(() -> new InvalidDataAccessApiUsageException("'table' of a @PostgresListener is ["
					+ table + "], and there is no such table: write its name as SQL does, with its schema where the"
					+ " search_path does not have it")));
	}

	private Mono<Void> install(Triggers triggers) {
		return this.connections
			.inTransaction((connection) -> this.connections.execute(LOCK)
				.thenMany(Flux.from(connection.createStatement(triggers.ddl()).execute())
					.concatMap((result) -> result.getRowsUpdated())))
			.then();
	}

	/**
	 * What is there.
	 *
	 * @param key the columns of the primary key
	 * @param version the triggers' version, {@code null} where there are none
	 */
	private record Table(String schema, String name, List<String> key, @Nullable String version) {

		static Table of(Readable row) {
			String[] key = row.get(2, String[].class);
			return new Table(Objects.requireNonNull(row.get(0, String.class)),
					Objects.requireNonNull(row.get(1, String.class)), (key != null) ? Arrays.asList(key) : List.of(),
					row.get(3, String.class));
		}

		String qualified() {
			return SqlIdentifiers.quoteQualified(this.schema, this.name);
		}

	}

	/**
	 * What should be there.
	 */
	private record Triggers(String channel, String ddl, String version) {

		static Triggers of(Table table) {
			if (table.key().isEmpty()) {
				throw new InvalidDataAccessApiUsageException("'table' of a @PostgresListener is " + table.qualified()
						+ ", which has no primary key to tell which row changed: add one");
			}
			String channel = channel(table);
			StringBuilder arguments = new StringBuilder(literal(channel));
			table.key().forEach((column) -> arguments.append(", ").append(literal(column)));
			String ddl = DDL.formatted(SqlIdentifiers.quote(table.schema()), SqlIdentifiers.quote(table.name()),
					arguments);
			String version = "trunkline:" + digest(ddl);
			return new Triggers(channel, ddl + COMMENT.formatted(table.qualified(), version), version);
		}

		/**
		 * Two names that are too long for a channel must not become one.
		 */
		private static String channel(Table table) {
			String name = "table:" + table.schema() + "." + table.name();
			return (name.getBytes(StandardCharsets.UTF_8).length <= SqlIdentifiers.MAX_BYTES) ? name
					: "table:" + digest(name);
		}

		private static String digest(String text) {
			return DigestUtils.md5DigestAsHex(text.getBytes(StandardCharsets.UTF_8));
		}

		private static String literal(String text) {
			String quoted = "'" + text.replace("'", "''") + "'";
			return text.contains("\\") ? "E" + quoted.replace("\\", "\\\\") : quoted;
		}

	}

}
