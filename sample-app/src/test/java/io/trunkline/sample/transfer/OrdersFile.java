package io.trunkline.sample.transfer;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * Writes a CSV file of orders, the same one for the same seed, of which a share is bad in
 * every way that the table can be hurt, and knows each of those lines.
 */
final class OrdersFile {

	/** A customer of these exists; orders of others do not load. */
	static final int CUSTOMERS = 10_000;

	static final String[] TABLES = { "CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL)",
			"INSERT INTO customers SELECT n, 'Customer ' || n FROM generate_series(1, " + CUSTOMERS + ") n",
			"CREATE TYPE order_status AS ENUM ('new', 'paid', 'shipped', 'returned')", """
					CREATE TABLE orders (
					 id bigint PRIMARY KEY,
					 customer_id integer NOT NULL CONSTRAINT orders_customer REFERENCES customers,
					 email varchar(40) NOT NULL,
					 status order_status NOT NULL,
					 amount numeric(12,2) NOT NULL CONSTRAINT orders_amount CHECK (amount >= 0),
					 discount double precision,
					 gift boolean NOT NULL,
					 ordered_at timestamptz NOT NULL,
					 delivery date,
					 tags text[],
					 attributes jsonb,
					 reference uuid NOT NULL CONSTRAINT orders_reference UNIQUE,
					 note text)""" };

	static final String HEADER = "id,customer_id,email,status,amount,discount,gift,ordered_at,delivery,tags,attributes,"
			+ "reference,note";

	private static final String[] STATUSES = { "new", "paid", "shipped", "returned" };

	private static final String[] NOTES = { "", "", "", "plain words", "\"a comma, and \"\"quotes\"\"\"",
			"\"two\nlines\"", "Füße, grüßen".replace(",", ""), "'; DROP TABLE orders; --", "=1+1" };

	private final Random random;

	private final List<BadLine> badLines = new ArrayList<>();

	private long line = 1;

	private long goodRows;

	private @Nullable String[] lastGood;

	private OrdersFile(long seed) {
		this.random = new Random(seed);
	}

	/**
	 * Write a file.
	 * @param target where to
	 * @param rows the number of records
	 * @param badShare the share of bad ones, such as 0.01
	 * @param seed the seed
	 * @return what was written
	 * @throws IOException if it cannot be written
	 */
	static OrdersFile write(Path target, long rows, double badShare, long seed) throws IOException {
		OrdersFile file = new OrdersFile(seed);
		try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(target), 1 << 16)) {
			file.write(out, rows, badShare);
		}
		return file;
	}

	/**
	 * Write a file of the size that a laptop takes a while for, and beside it the list of
	 * its bad lines.
	 * @param args the target, the number of records, the share of bad ones and the seed
	 * @throws IOException if it cannot be written
	 */
	public static void main(String... args) throws IOException {
		Path target = Path.of(args[0]);
		OrdersFile file = write(target, Long.parseLong(args[1]), Double.parseDouble(args[2]), Long.parseLong(args[3]));
		Files.write(target.resolveSibling(target.getFileName() + ".bad"),
				(Iterable<String>) file.badLines().stream().map(BadLine::toString)::iterator);
		Files.write(target.resolveSibling(target.getFileName() + ".sql"),
				(Iterable<String>) List.of(TABLES).stream().map((sql) -> sql + ";")::iterator);
		System.out.println(file.goodRows() + " good rows, " + file.badLines().size() + " bad ones");
	}

	/**
	 * Return the bad lines in the order of the file.
	 */
	List<BadLine> badLines() {
		return this.badLines;
	}

	long goodRows() {
		return this.goodRows;
	}

	private void write(OutputStream out, long rows, double badShare) throws IOException {
		writeLine(out, HEADER);
		for (long id = 1; id <= rows; id++) {
			String[] fields = good(id);
			if (this.random.nextDouble() < badShare) {
				writeBad(out, fields);
			}
			else {
				writeLine(out, String.join(",", fields));
				this.goodRows++;
				this.lastGood = fields;
			}
		}
	}

	private void writeLine(OutputStream out, String record) throws IOException {
		out.write(record.getBytes(StandardCharsets.UTF_8));
		out.write('\n');
		this.line += 1 + record.chars().filter((c) -> c == '\n').count();
	}

	private String[] good(long id) {
		Random random = this.random;
		return new String[] { Long.toString(id), Integer.toString(1 + random.nextInt(CUSTOMERS)),
				"user" + random.nextInt(1_000_000) + "@example.org", STATUSES[random.nextInt(STATUSES.length)],
				random.nextInt(1_000_000) + "." + (10 + random.nextInt(90)),
				random.nextBoolean() ? "" : Double.toString(random.nextInt(1000) / 8.0),
				random.nextBoolean() ? "true" : "f",
				Instant.ofEpochSecond(1_500_000_000L + random.nextInt(200_000_000)).toString(),
				random.nextInt(4) == 0 ? "" : LocalDate.ofEpochDay(17_000 + random.nextInt(3000)).toString(),
				random.nextInt(3) == 0 ? "" : "\"{a,\"\"b c\"\",d" + random.nextInt(9) + "}\"",
				random.nextInt(3) == 0 ? "" : "\"{\"\"color\"\": \"\"red\"\", \"\"n\"\": " + random.nextInt(99) + "}\"",
				new UUID(random.nextLong(), random.nextLong()).toString(), NOTES[random.nextInt(NOTES.length)] };
	}

	private void writeBad(OutputStream out, String[] fields) throws IOException {
		Bad[] kinds = Bad.values();
		Bad kind = kinds[this.random.nextInt(kinds.length)];
		String[] earlier = this.lastGood;
		if (kind.isDuplicate() && earlier == null) {
			kind = Bad.CUSTOMER_NO_NUMBER;
		}
		this.badLines.add(new BadLine(this.line, kind));
		switch (kind) {
			case TOO_FEW_COLUMNS -> writeLine(out, String.join(",", fields[0], fields[1], fields[2]));
			case TOO_MANY_COLUMNS -> writeLine(out, String.join(",", fields) + ",one more");
			case NO_UTF_8 -> {
				fields[12] = "";
				out.write(String.join(",", fields).getBytes(StandardCharsets.UTF_8));
				out.write(new byte[] { 'x', (byte) 0xC3, '(', '\n' });
				this.line++;
			}
			case NUL -> {
				fields[12] = "a\0b";
				writeLine(out, String.join(",", fields));
			}
			case DUPLICATE_ID -> writeLine(out, with(fields, 0, (earlier != null) ? earlier[0] : ""));
			case DUPLICATE_REFERENCE -> writeLine(out, with(fields, 11, (earlier != null) ? earlier[11] : ""));
			default -> writeLine(out, with(fields, kind.index, kind.value));
		}
	}

	private static String with(String[] fields, int index, String value) {
		String[] copy = fields.clone();
		copy[index] = value;
		return String.join(",", copy);
	}

	/**
	 * A way to be bad, and what the server says of it.
	 */
	enum Bad {

		ID_MISSING(0, "", "id", "23502"), ID_TOO_LARGE(0, "92233720368547758070", "id", "22003"),
		CUSTOMER_NO_NUMBER(1, "twelve", "customer_id", "22P02"),
		CUSTOMER_UNKNOWN(1, "" + (CUSTOMERS + 1), "customer_id", "23503"),
		EMAIL_TOO_LONG(2, "x".repeat(41), "email", "22001"), STATUS_UNKNOWN(3, "lost", "status", "22P02"),
		AMOUNT_NEGATIVE(4, "-1", "amount", "23514"), AMOUNT_TOO_LARGE(4, "12345678901.00", "amount", "22003"),
		AMOUNT_NO_NUMBER(4, "\"1,50\"", "amount", "22P02"), DISCOUNT_NO_NUMBER(5, "10%", "discount", "22P02"),
		GIFT_NO_BOOLEAN(6, "maybe", "gift", "22P02"), TIME_UNREADABLE(7, "yesterday noon", "ordered_at", "22007"),
		TIME_OUT_OF_RANGE(7, "2024-02-30T00:00:00Z", "ordered_at", "22008"),
		DELIVERY_OUT_OF_RANGE(8, "2024-13-01", "delivery", "22008"), TAGS_MALFORMED(9, "\"{a,b\"", "tags", "22P02"),
		ATTRIBUTES_MALFORMED(10, "\"{\"\"a\"\": }\"", "attributes", "22P02"),
		REFERENCE_MALFORMED(11, "not-a-uuid", "reference", "22P02"), REFERENCE_MISSING(11, "", "reference", "23502"),
		TOO_FEW_COLUMNS("22P04", "status"), TOO_MANY_COLUMNS("22P04", null), NO_UTF_8("22021", null),
		NUL("22021", null), DUPLICATE_ID("23505", "id"), DUPLICATE_REFERENCE("23505", "reference");

		final int index;

		final String value;

		final @Nullable String column;

		final String sqlState;

		Bad(int index, String value, @Nullable String column, String sqlState) {
			this.index = index;
			this.value = value;
			this.column = column;
			this.sqlState = sqlState;
		}

		Bad(String sqlState, @Nullable String column) {
			this(-1, "", column, sqlState);
		}

		/**
		 * Whether it repeats a value of a good row.
		 */
		boolean isDuplicate() {
			return this.sqlState.equals("23505");
		}

	}

	/**
	 * A bad line.
	 *
	 * @param line the number of the line on which the record begins, from 1, the header
	 * included
	 * @param kind what is bad about it
	 */
	record BadLine(long line, Bad kind) {

		@Override
		public String toString() {
			return this.line + "\t" + this.kind + "\t" + this.kind.sqlState + "\t"
					+ ((this.kind.column != null) ? this.kind.column : "");
		}

	}

}
