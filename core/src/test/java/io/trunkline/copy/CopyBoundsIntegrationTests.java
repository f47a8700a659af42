package io.trunkline.copy;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

import io.netty.buffer.ByteBuf;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Readable;
import io.trunkline.connection.ConnectionStatus;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.PostgresNotice;
import io.trunkline.connection.StatementRequest;
import io.trunkline.connection.TransactionMode;
import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Copies of many rows, of which only a few are on their way at any time. They are counted
 * where they enter and where they leave.
 */
class CopyBoundsIntegrationTests extends BulkCopyFixture {

	private static final int ROWS = 2_000_000;

	/** Each of them is a buffer, which the search for leaks makes slow. */
	private static final int ROWS_OUT = 50_000;

	private static final String NAME = "a name of forty characters for every row";

	/** Number of fields, length and value of id, length and value of name. */
	private static final int ROW_LENGTH = 2 + 4 + 4 + 4 + 40;

	private static final int FRAME = BulkCopyService.Builder.DEFAULT_FRAME_SIZE;

	/** What the sockets of both sides take together is some megabytes. */
	private static final int SOCKET_ROWS = 32 * 1024 * 1024 / ROW_LENGTH;

	private final CountingConnections connections = new CountingConnections();

	private BulkCopyService counted;

	@BeforeEach
	void createTable() {
		sql("CREATE UNLOGGED TABLE many (id integer, name text)");
		this.connections.target = this.pool.connections();
		this.connections.bytesIn.set(0);
		this.connections.messagesOut.set(0);
		this.counted = BulkCopyService.builder(this.connections).build();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void holdsFewRowsOfALoad(boolean pulled) {
		AtomicLong produced = new AtomicLong();
		Flow flow = new Flow();
		Flux<Row> rows = Flux.range(1, ROWS).map((i) -> {
			long count = produced.incrementAndGet();
			flow.holds(count - this.connections.bytesIn.get() / ROW_LENGTH);
			if (i % 250_000 == 0) {
				// The source waits here, so that what is not processed is on its way.
				flow.holdsOnTheWay(count - this.pool.sideNumber("SELECT tuples_processed FROM pg_stat_progress_copy"));
			}
			return new Row(i, NAME);
		});
		CopyResult result = get(this.counted.copyIn("many").fromObjects(pulled ? rows : rows.hide(), Row.class));
		assertThat(result.rows()).isEqualTo(ROWS);
		assertThat(this.connections.bytesIn.get()).isGreaterThan((long) ROWS * ROW_LENGTH);
		flow.assertAtMost(4L * FRAME / ROW_LENGTH);
	}

	@Test
	void holdsFewBytesOfALoad() {
		String line = "1234567," + NAME + "\n";
		int lines = 1000;
		byte[] block = line.repeat(lines).getBytes();
		AtomicLong produced = new AtomicLong();
		Flow flow = new Flow();
		Flux<DataBuffer> source = Flux.range(1, ROWS / lines).map((i) -> {
			long count = produced.addAndGet(block.length);
			flow.holds((count - this.connections.bytesIn.get()) / line.length());
			if (i % (ROWS / lines / 8) == 0) {
				flow.holdsOnTheWay(count / line.length()
						- this.pool.sideNumber("SELECT tuples_processed FROM pg_stat_progress_copy"));
			}
			return DefaultDataBufferFactory.sharedInstance.wrap(block);
		});
		assertThat(get(this.counted.copyIn("many").from(source)).rows()).isEqualTo(ROWS);
		flow.assertAtMost((4L * FRAME + 2L * block.length) / line.length());
	}

	@Test
	void holdsFewRowsOfAnExport() {
		String query = "SELECT generate_series(1, " + ROWS_OUT + ") AS id, '" + NAME + "' AS name";
		AtomicLong consumed = new AtomicLong();
		Flow flow = new Flow();
		Flux<Row> rows = this.counted.copyOutQuery(query).objects(Row.class).limitRate(64).doOnNext((row) -> {
			flow.holds(this.connections.messagesOut.get() - consumed.incrementAndGet());
			assertThat(row.name()).isEqualTo(NAME);
		});
		assertThat(get(rows.map(Row::id).reduce(0L, Long::sum))).isEqualTo((long) ROWS_OUT * (ROWS_OUT + 1) / 2);
		flow.assertAtMost(2);
		this.connections.messagesOut.set(0);
		long lineLength = NAME.length() + 9;
		AtomicLong bytes = new AtomicLong();
		Flow byteFlow = new Flow();
		get(this.counted.copyOutQuery(query).data().limitRate(1).doOnNext((buffer) -> {
			byteFlow
				.holds(this.connections.messagesOut.get() - bytes.addAndGet(buffer.readableByteCount()) / lineLength);
		}).then(Mono.just(true)));
		byteFlow.assertAtMost(4L * FRAME / NAME.length());
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void keepsTheServerFromRunningAhead(boolean typed) {
		CopyOutSpec spec = this.counted
			.copyOutQuery("SELECT generate_series(1, " + ROWS + ") AS id, '" + NAME + "' AS name");
		Flux<?> rows = typed ? spec.maps() : spec.data();
		Integer received = get(Abandoned.when(rows, 7, (row) -> {
		}, (count) -> {
			TestPool.await("rows", () -> count.get() == 7);
			this.pool.awaitWaiting("Client:ClientWrite");
			assertThat(this.pool.sideNumber("SELECT tuples_processed FROM pg_stat_progress_copy"))
				.isLessThan(SOCKET_ROWS);
		}));
		assertThat(received).isEqualTo(7);
		this.pool.assertUsable();
	}

	record Row(int id, String name) {
	}

	/**
	 * The most that was seen between two points.
	 */
	private static final class Flow {

		private long most = -1;

		private long mostOnTheWay;

		void holds(long rows) {
			this.most = Math.max(this.most, rows);
		}

		void holdsOnTheWay(long rows) {
			this.mostOnTheWay = Math.max(this.mostOnTheWay, rows);
		}

		void assertAtMost(long rows) {
			assertThat(this.most).as("rows held here").isBetween(0L, rows);
			assertThat(this.mostOnTheWay).as("rows that the server has not seen").isLessThan(SOCKET_ROWS);
		}

	}

	/**
	 * Counts what passes to and from the connections.
	 */
	private static final class CountingConnections implements PostgresConnections {

		private final AtomicLong bytesIn = new AtomicLong();

		private final AtomicLong messagesOut = new AtomicLong();

		private PostgresConnections target;

		@Override
		public ConnectionFactory getConnectionFactory() {
			return this.target.getConnectionFactory();
		}

		@Override
		public <T> Flux<T> withConnection(
				Function<? super PostgresqlConnection, ? extends Publisher<? extends T>> work) {
			return this.target.withConnection(work);
		}

		@Override
		public <T> Flux<T> query(String sql, Function<? super Readable, ? extends T> mapper, Object... parameters) {
			return this.target.query(sql, mapper, parameters);
		}

		@Override
		public Mono<Void> execute(String sql, Object... parameters) {
			return this.target.execute(sql, parameters);
		}

		@Override
		public Mono<Long> update(String sql, Object... parameters) {
			return this.target.update(sql, parameters);
		}

		@Override
		public <T> Flux<T> query(StatementRequest request, Function<? super Readable, ? extends T> mapper) {
			return this.target.query(request, mapper);
		}

		@Override
		public Mono<Long> update(StatementRequest request) {
			return this.target.update(request);
		}

		@Override
		public Flux<PostgresNotice> notices(StatementRequest request) {
			return this.target.notices(request);
		}

		@Override
		public Mono<ConnectionStatus> status() {
			return this.target.status();
		}

		@Override
		public Mono<Boolean> isTransactionActive() {
			return this.target.isTransactionActive();
		}

		@Override
		public <T> Flux<T> inTransaction(
				Function<? super PostgresqlConnection, ? extends Publisher<? extends T>> work) {
			return this.target.inTransaction(work);
		}

		@Override
		public <T> Flux<T> inTransaction(TransactionMode mode,
				Function<? super PostgresqlConnection, ? extends Publisher<? extends T>> work) {
			return this.target.inTransaction(mode, work);
		}

		@Override
		public Flux<ByteBuf> copyOut(String sql) {
			return this.target.copyOut(sql).doOnNext((message) -> this.messagesOut.incrementAndGet());
		}

		@Override
		public Mono<Long> copyIn(String sql, Publisher<ByteBuf> data) {
			return this.target.copyIn(sql,
					Flux.from(data).doOnNext((frame) -> this.bytesIn.addAndGet(frame.readableBytes())));
		}

	}

}
