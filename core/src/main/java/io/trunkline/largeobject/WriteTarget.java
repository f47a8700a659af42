package io.trunkline.largeobject;

/**
 * Where a write begins.
 *
 * @param oid the oid, 0 for a new object
 * @param offset the position for {@link Start#OFFSET}
 * @param start what happens before the first byte is written
 */
record WriteTarget(long oid, long offset, Start start) {

	/**
	 * What happens to a freshly opened descriptor.
	 */
	enum Start {

		NEW("0"), REPLACE("pg_catalog.lo_truncate64(d.fd, 0)"), OFFSET("pg_catalog.lo_lseek64(d.fd, %s, 0)"),
		END("pg_catalog.lo_lseek64(d.fd, 0, 2)");

		private final String sql;

		Start(String sql) {
			this.sql = sql;
		}

	}

	static WriteTarget newObject() {
		return new WriteTarget(0, 0, Start.NEW);
	}

	static WriteTarget replacing(long oid) {
		return new WriteTarget(oid, 0, Start.REPLACE);
	}

	static WriteTarget at(long oid, long offset) {
		return new WriteTarget(oid, offset, Start.OFFSET);
	}

	static WriteTarget atEnd(long oid) {
		return new WriteTarget(oid, 0, Start.END);
	}

	boolean isNew() {
		return this.start == Start.NEW;
	}

	/**
	 * Return the statement that opens a descriptor at the start of the write: columns
	 * {@code oid} and {@code fd}.
	 */
	String openSql() {
		String object = isNew() ? "pg_catalog.lo_create(0)" : this.oid + "::oid";
		return open(object, String.valueOf(this.offset));
	}

	/**
	 * Return the statement that does all of the write where the content is small: column
	 * {@code oid}. What varies is bound, so that the driver prepares it once.
	 */
	String wholeSql() {
		return isNew() ? "SELECT pg_catalog.lo_from_bytea(0, $1)::bigint AS oid"
				: "SELECT w.oid, pg_catalog.lowrite(w.fd, $1), pg_catalog.lo_close(w.fd) FROM ("
						+ open("$2::bigint::oid", "$3::bigint") + " OFFSET 0) w";
	}

	Object[] wholeParameters(byte[] content) {
		return switch (this.start) {
			case NEW -> new Object[] { content };
			case REPLACE, END -> new Object[] { content, this.oid };
			case OFFSET -> new Object[] { content, this.oid, this.offset };
		};
	}

	private String open(String object, String offset) {
		return "SELECT d.oid::bigint AS oid, d.fd, " + this.start.sql.formatted(offset)
				+ " FROM (SELECT c.oid, pg_catalog.lo_open(c.oid, " + LargeObjectMode.WRITE.flags()
				+ ") AS fd FROM (SELECT " + object + " AS oid OFFSET 0) c OFFSET 0) d";
	}

}
