package io.trunkline.benchmarks;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Benchmarks that run together. They run in rounds, each in a JVM of its own, so that
 * what disturbs the machine for a while disturbs all of them.
 */
enum Group {

	READ(LargeObjectReadBenchmark.class, 3, 5, 2), WRITE(LargeObjectWriteBenchmark.class, 1, 3, 2),
	SMALL(SmallObjectBenchmark.class, 20, 5, 2), CHUNKS(ChunkSizeBenchmark.class, 2, 4, 1),
	LIMIT(OneStatementBenchmark.class, 5, 5, 1), CATALOG(SchemaCatalogBenchmark.class, 5, 5, 1),
	/** Once in each JVM, as an application that starts reads the catalogue. */
	FIRST(SchemaCatalogBenchmark.class, 0, 1, 7), RECORDS(CopyRecordsBenchmark.class, 3, 4, 2),
	FILES(CopyFileBenchmark.class, 2, 4, 2), ROWS(CopyRowsBenchmark.class, 3, 4, 2),
	UPSERTS(UpsertBenchmark.class, 3, 4, 1), REJECTS(RejectBenchmark.class, 2, 4, 1),
	CLIENT(ClientBenchmark.class, 5, 5, 2), TABLES(TableBenchmark.class, 3, 4, 2),
	NOTIFICATIONS(NotificationBenchmark.class, 30, 7, 2), TEST(TestSupportBenchmark.class, 20, 10, 2),
	THOUSAND(ThousandTestsBenchmark.class, 0, 1, 5);

	private final Class<?> benchmark;

	private final int warmups;

	private final int iterations;

	private final int rounds;

	Group(Class<?> benchmark, int warmups, int iterations, int rounds) {
		this.benchmark = benchmark;
		this.warmups = warmups;
		this.iterations = iterations;
		this.rounds = rounds;
	}

	/**
	 * Return the groups that a word on the command line stands for.
	 */
	static List<Group> named(String name) {
		return switch (name) {
			case "largeobject" -> List.of(READ, WRITE, SMALL);
			case "copy" -> List.of(RECORDS, FILES, ROWS, UPSERTS, REJECTS);
			case "singles" -> List.of();
			case "test" -> List.of(TEST, THOUSAND);
			default -> List.of(valueOf(name.toUpperCase()));
		};
	}

	String include() {
		// What is not read at a start has no first time.
		return this.benchmark.getSimpleName() + "\\." + ((this == FIRST) ? "(load|pgjdbcAll)$" : "");
	}

	int warmups() {
		return this.warmups;
	}

	int iterations() {
		return this.iterations;
	}

	int rounds() {
		return this.rounds;
	}

	List<Requirement> requirements() {
		return switch (this) {
			case READ -> List.of(new Requirement("read 256 MiB ÷ pgjdbc", "read trunkline", "read pgjdbc", 3),
					new Requirement("read 256 MiB ÷ lo_get loop", "read trunkline", "read loGetLoop", 10));
			case WRITE -> List.of(new Requirement("write 256 MiB ÷ pgjdbc", "write trunkline", "write pgjdbc", 1),
					new Requirement("write 256 MiB ÷ lo_put loop", "write trunkline", "write loPutLoop", 1.5),
					new Requirement("write 256 MiB ÷ the server's limit", "write trunkline", "write server", 0.9));
			case SMALL -> List.of(small("Write", 1), small("Write", 16), small("Read", 1), small("Read", 16));
			case CATALOG ->
				List.of(new Requirement("read 1,000 tables ÷ pgjdbc", "catalog load", "catalog pgjdbcAll", 1));
			case FIRST -> List.of(new Requirement("read 1,000 tables for the first time ÷ pgjdbc", "first load",
					"first pgjdbcAll", 1));
			case RECORDS -> List.of(new Requirement("records in ÷ driver's batch", "records trunkline",
					"records driverBatch", 50, (double) CopyRecordsBenchmark.COUNT / CopyRecordsBenchmark.BATCH_COUNT));
			case FILES -> List.of(new Requirement("CSV file in ÷ pgjdbc", "files trunklineIn", "files pgjdbcIn", 0.95),
					new Requirement("CSV file out ÷ pgjdbc", "files trunklineOut", "files pgjdbcOut", 0.95));
			case ROWS ->
				List.of(new Requirement("records out ÷ DatabaseClient", "rows trunkline", "rows databaseClient", 1.5));
			case UPSERTS -> List.of(
					new Requirement("100k upserts ÷ driver's batch", "upserts trunkline", "upserts driverBatch", 20,
							(double) UpsertBenchmark.COUNT / UpsertBenchmark.PEER_COUNT),
					new Requirement("100k upserts ÷ saveAll", "upserts trunkline", "upserts saveAll", 10,
							(double) UpsertBenchmark.COUNT / UpsertBenchmark.PEER_COUNT));
			case REJECTS ->
				List.of(new Requirement("1 % bad lines ÷ none", "rejects oneInAHundred", "rejects none", 0.5));
			case CLIENT -> List.of(
					new Requirement("100k rows as maps ÷ DatabaseClient", "client trunklineMaps",
							"client databaseClientMaps", 1),
					new Requirement("single rows ÷ DatabaseClient", "client trunklineSingle",
							"client databaseClientSingle", 0.9));
			case TABLES -> List.of(
					new Requirement("100k rows as maps ÷ DatabaseClient", "tables trunklineMaps", "tables clientMaps",
							1),
					new Requirement("100k upserts of maps ÷ driver's batch", "tables trunklineUpsert",
							"tables driverBatch", 20, (double) TableBenchmark.COUNT / TableBenchmark.PEER_COUNT),
					new Requirement("100k upserts of maps ÷ saveAll", "tables trunklineUpsert", "tables saveAll", 10,
							(double) TableBenchmark.COUNT / TableBenchmark.PEER_COUNT));
			case NOTIFICATIONS -> List.of(notifications("200k messages", "Many"),
					notifications("p50 latency", "Single p50"), notifications("p99 latency", "Single p99"),
					notifications("1,000 channels, 10 listeners each", "ToAll"));
			default -> List.of();
		};
	}

	List<Limit> limits() {
		return switch (this) {
			case TEST -> List.of(
					new Limit("rollback of a test, ms", "test rolledBack", "test plain", null,
							TestSupportBenchmark.COUNT, 1),
					new Limit("rollback of a test, of truncating 30 tables", "test rolledBack", "test plain",
							"test truncate", 1, 0.1),
					new Limit("database of a test, ms", "test cloned", "test plain", null, TestSupportBenchmark.COUNT,
							30));
			case THOUSAND ->
				List.of(new Limit("1,000 tests rolled back, s", "thousand rolledBack", null, null, 1000, 10));
			default -> List.of();
		};
	}

	private static Requirement notifications(String name, String benchmark) {
		return new Requirement(name + " ÷ pgjdbc", "notifications trunkline" + benchmark,
				"notifications pgjdbc" + benchmark, 1);
	}

	private static Requirement small(String operation, int concurrency) {
		return new Requirement("%s 4 KiB ÷ pgjdbc, %d at once".formatted(operation.toLowerCase(), concurrency),
				"small trunkline%s %d".formatted(operation, concurrency),
				"small pgjdbc%s %d".formatted(operation, concurrency), 1);
	}

	/**
	 * Return the rate that a time in milliseconds means.
	 */
	String rate(String benchmark, double millis) {
		double seconds = millis / 1000;
		return switch (this) {
			case READ -> mebibytes(LargeObjectReadBenchmark.SIZE / seconds);
			case WRITE -> mebibytes(LargeObjectWriteBenchmark.SIZE / seconds);
			case CHUNKS ->
				mebibytes((benchmark.contains("read") ? ChunkSizeBenchmark.READ_SIZE : ChunkSizeBenchmark.WRITE_SIZE)
						/ seconds);
			case SMALL -> objects(SmallObjectBenchmark.COUNT / seconds);
			case CATALOG,
					FIRST ->
				benchmark.contains("lookUp")
						? "%,.0f ns each".formatted(millis * 1_000_000 / SchemaCatalogBenchmark.LOOK_UPS)
						: "%,.0f tables/s".formatted(CatalogTables.COUNT / seconds);
			case LIMIT -> objects(OneStatementBenchmark.COUNT / seconds);
			case RECORDS ->
				rows((benchmark.contains("driverBatch") ? CopyRecordsBenchmark.BATCH_COUNT : CopyRecordsBenchmark.COUNT)
						/ seconds);
			case FILES -> rows(CopyFileBenchmark.COUNT / seconds);
			case ROWS -> rows(CopyRowsBenchmark.COUNT / seconds);
			case UPSERTS ->
				rows((benchmark.contains("trunkline") ? UpsertBenchmark.COUNT : UpsertBenchmark.PEER_COUNT) / seconds);
			case REJECTS -> rows(RejectBenchmark.COUNT / seconds);
			case CLIENT ->
				rows((benchmark.contains("Maps") ? ClientBenchmark.COUNT : ClientBenchmark.SINGLE_COUNT) / seconds);
			case TABLES -> rows((benchmark.contains("driverBatch") || benchmark.contains("saveAll")
					? TableBenchmark.PEER_COUNT : TableBenchmark.COUNT) / seconds);
			case NOTIFICATIONS -> notifications(benchmark, seconds);
			case TEST -> "%,.2f ms each".formatted(millis / TestSupportBenchmark.COUNT);
			case THOUSAND -> "%,.2f ms each".formatted(millis / ThousandTestsBenchmark.COUNT);
		};
	}

	private static String notifications(String benchmark, double seconds) {
		if (benchmark.endsWith("p50") || benchmark.endsWith("p99")) {
			return "%,.0f µs each".formatted(seconds * 1_000_000);
		}
		int count = benchmark.contains("Many") ? NotificationBenchmark.COUNT : benchmark.contains("Single")
				? NotificationBenchmark.SINGLE_COUNT
				: NotificationBenchmark.ROUNDS * NotificationBenchmark.CHANNELS * NotificationBenchmark.LISTENERS;
		return "%,.0f messages/s".formatted(count / seconds);
	}

	private static String mebibytes(double bytes) {
		return "%,.0f MiB/s".formatted(bytes / Content.MIB);
	}

	private static String objects(double count) {
		return "%,.0f objects/s".formatted(count);
	}

	private static String rows(double count) {
		return "%,.0f rows/s".formatted(count);
	}

	/**
	 * How much faster than a peer the template has to be.
	 *
	 * @param name what is compared
	 * @param ours the template's benchmark
	 * @param peer the peer's benchmark
	 * @param factor the least quotient of the rates
	 * @param scale how many times the peer's work ours is
	 */
	record Requirement(String name, String ours, String peer, double factor, double scale) {

		Requirement(String name, String ours, String peer, double factor) {
			this(name, ours, peer, factor, 1);
		}

	}

	/**
	 * How much time something may take, or take more than the same without it.
	 *
	 * @param name what is measured
	 * @param ours the benchmark with it
	 * @param base the benchmark without it, {@code null} for all of the time
	 * @param peer what it is a fraction of, {@code null} for a time
	 * @param unit what a time in milliseconds is divided by
	 * @param most the largest fraction, or the most of the time
	 */
	record Limit(String name, String ours, @Nullable String base, @Nullable String peer, double unit, double most) {

	}

}
