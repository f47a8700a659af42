package io.trunkline.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.trunkline.embedded.EmbeddedPostgresServer;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs groups of benchmarks and prints what JMH measured, then the figures and the ratios
 * that the project asks of itself. Both sides use one server: the one that the
 * environment variable {@code TRUNKLINE_TEST_URL} names (a superuser), or an embedded one
 * that keeps its data in memory.
 */
public final class Benchmarks {

	private static final List<String> SETTINGS = List.of("shared_buffers", "fsync", "synchronous_commit",
			"full_page_writes", "max_wal_size", "autovacuum", "default_toast_compression");

	/** These take turns in one JVM, which is not JMH's way. */
	private static final Map<String, Comparison> PAIRS = Map.of("singles", SingleRowPairs::run, "records",
			RecordPairs::run, "test", (out) -> {
				RollbackPairs.run(out);
				CloneTimes.run(out);
			});

	private Benchmarks() {
	}

	/**
	 * Run benchmarks.
	 * @param args names of groups: {@code read}, {@code write}, {@code small} or, for
	 * these three, {@code largeobject}; {@code records}, {@code files}, {@code rows},
	 * {@code upserts}, {@code rejects} or, for these five, {@code copy}; {@code client},
	 * {@code tables}, {@code singles}, {@code catalog}, {@code first},
	 * {@code notifications}, {@code test}, {@code chunks}, {@code limit}
	 * @throws Exception if a benchmark fails
	 */
	public static void main(String... args) throws Exception {
		List<Group> groups = Arrays.stream(args).flatMap((name) -> Group.named(name).stream()).distinct().toList();
		List<Comparison> pairs = Arrays.stream(args)
			.map((name) -> name.equals("copy") ? "records" : name)
			.distinct()
			.flatMap((name) -> Stream.ofNullable(PAIRS.get(name)))
			.toList();
		if (groups.isEmpty() && pairs.isEmpty()) {
			System.err.println("Name at least one group: largeobject (read, write and small),"
					+ " copy (records, files, rows, upserts and rejects), client, tables, singles,"
					+ " catalog, first, notifications, test, chunks, limit");
			System.exit(2);
		}
		if (System.getenv(Database.URL_VARIABLE) != null) {
			run(groups, pairs);
			return;
		}
		try (EmbeddedPostgresServer server = start()) {
			System.setProperty(Database.URL_PROPERTY, server.getR2dbcUrl()
				.replace("//", "//%s:%s@".formatted(server.getUsername(), server.getPassword())));
			run(groups, pairs);
		}
	}

	/**
	 * Buffers that hold both an object to read and one to write, no disk, and nothing
	 * that starts by itself.
	 */
	private static EmbeddedPostgresServer start() {
		return EmbeddedPostgresServer.builder()
			.inMemory(true)
			.setting("shared_buffers", "1GB")
			.setting("max_wal_size", "2GB")
			.setting("checkpoint_timeout", "1h")
			.setting("autovacuum", "off")
			.start();
	}

	private static void run(List<Group> groups, List<Comparison> pairs) throws Exception {
		Database database = Database.current();
		database.create();
		try {
			List<Report> reports = new ArrayList<>();
			for (Group group : groups) {
				reports.add(run(group));
			}
			printEnvironment(database);
			reports.forEach((report) -> report.print(System.out));
			for (Comparison pair : pairs) {
				pair.run(System.out);
			}
		}
		finally {
			database.drop();
		}
	}

	private static Report run(Group group) throws RunnerException {
		Report report = new Report(group);
		for (int round = 0; round < group.rounds(); round++) {
			report.add(new Runner(options(group)).run());
		}
		return report;
	}

	private static Options options(Group group) {
		List<String> jvmArguments = new ArrayList<>(List.of("-Xms1g", "-Xmx1g"));
		String url = System.getProperty(Database.URL_PROPERTY);
		if (url != null) {
			jvmArguments.add("-D" + Database.URL_PROPERTY + "=" + url);
		}
		return new OptionsBuilder().include(group.include())
			.forks(1)
			.warmupIterations(group.warmups())
			.measurementIterations(group.iterations())
			.shouldFailOnError(true)
			.jvmArgsAppend(jvmArguments.toArray(String[]::new))
			.build();
	}

	private static void printEnvironment(Database database) {
		System.out.printf("%nJava %s, %d processors, %s %s; PostgreSQL %s with", Runtime.version(),
				Runtime.getRuntime().availableProcessors(), System.getProperty("os.name"),
				System.getProperty("os.arch"), database.value("SHOW server_version"));
		SETTINGS.forEach((name) -> System.out.printf(" %s=%s", name, database.value("SHOW " + name)));
		System.out.println();
	}

	/**
	 * Two sides that take turns.
	 */
	private interface Comparison {

		void run(PrintStream out) throws Exception;

	}

}
