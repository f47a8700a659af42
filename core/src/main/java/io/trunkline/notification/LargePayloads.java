package io.trunkline.notification;

import java.time.Duration;
import java.util.List;

import io.trunkline.connection.SqlIdentifiers;

import org.springframework.util.Assert;

/**
 * How payloads travel that no notification can hold: each is stored as a large object,
 * listed in a table of references, and the notification carries the reference. Nobody
 * knows when the last listener has read it, so it is deleted by age.
 *
 * @param schema the schema of the table {@value #TABLE}, as it is in the catalogue
 * @param createTable whether to create the table when the first payload is sent
 * @param readers the roles besides the sender's that may read payloads, {@code PUBLIC}
 * for all
 * @param maxAge how long a payload is kept at least, counted from its sending
 * @param maxBytes the largest payload to send and to read, in bytes of UTF-8
 * @since 0.1.0
 */
public record LargePayloads(String schema, boolean createTable, List<String> readers, Duration maxAge, int maxBytes) {

	/**
	 * The table of references.
	 */
	public static final String TABLE = "trunkline_payload";

	/**
	 * Check the values.
	 * @param schema the schema
	 * @param createTable whether to create the table
	 * @param readers the roles
	 * @param maxAge the age, at least a second
	 * @param maxBytes the size, more than a notification holds
	 */
	public LargePayloads {
		SqlIdentifiers.quote(schema, "schema");
		readers = List.copyOf(readers);
		readers.forEach((reader) -> SqlIdentifiers.quote(reader, "readers"));
		Assert.isTrue(maxAge != null && maxAge.compareTo(Duration.ofSeconds(1)) >= 0,
				() -> "'maxAge' is " + maxAge + ": give a second or more");
		Assert.isTrue(maxBytes > NotificationBus.MAX_PAYLOAD_BYTES, () -> "'maxBytes' is " + maxBytes
				+ ": give more than the " + NotificationBus.MAX_PAYLOAD_BYTES + " that a notification holds");
	}

	/**
	 * Return the defaults: a table in {@code public} that is there already, no readers of
	 * other roles, an hour, and 16 MiB.
	 */
	public static LargePayloads defaults() {
		return new LargePayloads("public", false, List.of(), Duration.ofHours(1), 16 * 1024 * 1024);
	}

	/**
	 * Return a copy with another schema.
	 * @param schema the schema of the table
	 * @return the copy
	 */
	public LargePayloads withSchema(String schema) {
		return new LargePayloads(schema, this.createTable, this.readers, this.maxAge, this.maxBytes);
	}

	/**
	 * Return a copy that creates the table or does not.
	 * @param createTable whether to create it where it is missing
	 * @return the copy
	 */
	public LargePayloads withCreateTable(boolean createTable) {
		return new LargePayloads(this.schema, createTable, this.readers, this.maxAge, this.maxBytes);
	}

	/**
	 * Return a copy with other readers.
	 * @param readers the roles, or {@code PUBLIC}
	 * @return the copy
	 */
	public LargePayloads withReaders(String... readers) {
		return new LargePayloads(this.schema, this.createTable, List.of(readers), this.maxAge, this.maxBytes);
	}

	/**
	 * Return a copy with another age.
	 * @param maxAge how long a payload is kept
	 * @return the copy
	 */
	public LargePayloads withMaxAge(Duration maxAge) {
		return new LargePayloads(this.schema, this.createTable, this.readers, maxAge, this.maxBytes);
	}

	/**
	 * Return a copy with another size.
	 * @param maxBytes the largest payload
	 * @return the copy
	 */
	public LargePayloads withMaxBytes(int maxBytes) {
		return new LargePayloads(this.schema, this.createTable, this.readers, this.maxAge, maxBytes);
	}

	/**
	 * Return the statements that create the table; they can be run any number of times.
	 * Whoever sends needs INSERT on it, whoever reads SELECT, and whoever deletes what is
	 * too old DELETE and UPDATE, all of which its owner has.
	 */
	public String ddl() {
		String table = table();
		StringBuilder ddl = new StringBuilder("""
				CREATE TABLE IF NOT EXISTS %1$s (
					id uuid PRIMARY KEY,
					channel text NOT NULL,
					bytes bigint NOT NULL,
					object oid NOT NULL,
					created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
				);
				CREATE INDEX IF NOT EXISTS %2$s_created_at ON %1$s (created_at);
				""".formatted(table, TABLE));
		if (!this.readers.isEmpty()) {
			ddl.append("GRANT SELECT ON ").append(table).append(" TO ").append(grantees()).append(";\n");
		}
		return ddl.toString();
	}

	String table() {
		return SqlIdentifiers.quoteQualified(this.schema, TABLE);
	}

	String grantees() {
		return String.join(", ",
				this.readers.stream()
					.map((reader) -> "PUBLIC".equals(reader) ? reader : SqlIdentifiers.quote(reader, "readers"))
					.toList());
	}

}
