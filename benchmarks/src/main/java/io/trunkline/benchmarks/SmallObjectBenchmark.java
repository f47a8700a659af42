package io.trunkline.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.trunkline.largeobject.LargeObjectTemplate;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.postgresql.PGConnection;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;
import reactor.core.publisher.Flux;

import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * Writes and reads objects of 4 KiB, each committed on its own, over as many connections
 * as there are callers. The methods named after a statement use the shortest way that
 * JDBC has, which is not pgjdbc's API for large objects.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class SmallObjectBenchmark {

	static final int COUNT = 2000;

	static final int SIZE = 4 * Content.KIB;

	private static final byte[] CONTENT = Content.bytes(SIZE);

	private final Database database = Database.current();

	private final List<Long> oids = this.database.keptObjects(COUNT, SIZE);

	/**
	 * The number of callers and of connections.
	 */
	@Param({ "1", "16" })
	public int concurrency;

	private @Nullable Clients clients;

	/**
	 * Open the connections.
	 */
	@Setup
	public void open() {
		this.clients = new Clients(this.database, this.concurrency);
	}

	/**
	 * Delete what was written.
	 */
	@TearDown(Level.Iteration)
	public void reset() {
		this.database.reset();
	}

	/**
	 * Close the connections.
	 * @throws SQLException if the server does not let go
	 */
	@TearDown
	public void close() throws SQLException {
		clients().close();
	}

	private Clients clients() {
		Clients clients = this.clients;
		if (clients == null) {
			throw new IllegalStateException("Not open");
		}
		return clients;
	}

	/**
	 * Write with the template.
	 */
	@Benchmark
	public @Nullable Long trunklineWrite() {
		LargeObjectTemplate template = clients().template;
		return Flux.range(0, COUNT)
			.flatMap((n) -> template.write(Content.buffer(SIZE)), this.concurrency)
			.count()
			.block();
	}

	/**
	 * Read with the template.
	 */
	@Benchmark
	public @Nullable Long trunklineRead() {
		LargeObjectTemplate template = clients().template;
		return Flux.fromIterable(this.oids)
			.flatMap((oid) -> template.read(oid).doOnNext(DataBufferUtils::release), this.concurrency)
			.count()
			.block();
	}

	/**
	 * Write with pgjdbc's API.
	 * @throws Exception if the server refuses
	 */
	@Benchmark
	public void pgjdbcWrite() throws Exception {
		clients().run((connection, n) -> {
			LargeObjectManager manager = connection.unwrap(PGConnection.class).getLargeObjectAPI();
			try (LargeObject object = manager.open(manager.createLO(LargeObjectManager.WRITE),
					LargeObjectManager.WRITE)) {
				object.write(CONTENT);
			}
			connection.commit();
		});
	}

	/**
	 * Read with pgjdbc's API.
	 * @throws Exception if the server refuses
	 */
	@Benchmark
	public void pgjdbcRead() throws Exception {
		clients().run((connection, n) -> {
			LargeObjectManager manager = connection.unwrap(PGConnection.class).getLargeObjectAPI();
			byte[] target = new byte[Content.BUFFER_SIZE];
			try (LargeObject object = manager.open(this.oids.get(n), LargeObjectManager.READ)) {
				while (object.read(target, 0, target.length) > 0) {
					continue;
				}
			}
			connection.commit();
		});
	}

	/**
	 * Write with a prepared statement over JDBC.
	 * @throws Exception if the server refuses
	 */
	@Benchmark
	public void statementWrite() throws Exception {
		clients().run((connection, n) -> {
			connection.setAutoCommit(true);
			try (PreparedStatement statement = connection.prepareStatement("SELECT lo_from_bytea(0, ?)")) {
				statement.setBytes(1, CONTENT);
				statement.execute();
			}
		});
	}

	/**
	 * Read with a prepared statement over JDBC.
	 * @throws Exception if the server refuses
	 */
	@Benchmark
	public void statementRead() throws Exception {
		clients().run((connection, n) -> {
			connection.setAutoCommit(true);
			try (PreparedStatement statement = connection.prepareStatement("SELECT lo_get(?::oid)")) {
				statement.setLong(1, this.oids.get(n));
				try (ResultSet result = statement.executeQuery()) {
					result.next();
					result.getBytes(1);
				}
			}
		});
	}

	/**
	 * What a caller over JDBC does with one object.
	 */
	private interface Work {

		void accept(Connection connection, int n) throws SQLException;

	}

	/**
	 * The connections of both sides.
	 */
	private static final class Clients {

		private final R2dbcClient client;

		private final LargeObjectTemplate template;

		private final List<Connection> jdbc = new ArrayList<>();

		private final ExecutorService threads;

		Clients(Database database, int connections) {
			this.client = R2dbcClient.create(database, connections);
			this.template = LargeObjectTemplate.create(this.client.connectionFactory());
			for (int n = 0; n < connections; n++) {
				this.jdbc.add(database.transactionalJdbc());
			}
			this.threads = Executors.newFixedThreadPool(connections);
		}

		void run(Work work) throws InterruptedException, ExecutionException {
			AtomicInteger next = new AtomicInteger();
			List<Callable<@Nullable Void>> callers = new ArrayList<>();
			for (Connection connection : this.jdbc) {
				callers.add(() -> {
					int n;
					while ((n = next.getAndIncrement()) < COUNT) {
						work.accept(connection, n);
					}
					return null;
				});
			}
			for (Future<@Nullable Void> caller : this.threads.invokeAll(callers)) {
				caller.get();
			}
		}

		void close() throws SQLException {
			this.client.close();
			this.threads.shutdown();
			for (Connection connection : this.jdbc) {
				connection.close();
			}
		}

	}

}
