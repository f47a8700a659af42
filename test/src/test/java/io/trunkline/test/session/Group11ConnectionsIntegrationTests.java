package io.trunkline.test.session;

import java.time.Duration;
import java.util.List;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.ValidationDepth;
import io.r2dbc.spi.Wrapped;
import io.trunkline.connection.ConnectionStatus;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.largeobject.LargeObjectTemplate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class Group11ConnectionsIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void metadataAndValidationAreThoseOfTheServer() {
		PostgresqlConnection connection = this.fixture.connect();
		assertThat(connection.getMetadata().getDatabaseProductName()).isEqualTo("PostgreSQL");
		assertThat(connection.getMetadata().getDatabaseVersion()).isNotBlank();
		assertThat(connection.validate(ValidationDepth.LOCAL).block(SessionFixture.LONG)).isTrue();
		assertThat(connection.validate(ValidationDepth.REMOTE).block(SessionFixture.LONG)).isTrue();
		connection.close().block(SessionFixture.LONG);
		assertThat(connection.validate(ValidationDepth.LOCAL).block(SessionFixture.LONG)).isFalse();
		assertThatExceptionOfType(io.r2dbc.spi.R2dbcNonTransientResourceException.class)
			.isThrownBy(() -> connection.createStatement("SELECT 1"));
	}

	@Test
	void timeoutsEndWithTheirConnection() {
		PostgresqlConnection connection = this.fixture.connect();
		connection.setStatementTimeout(Duration.ofMillis(50)).block(SessionFixture.LONG);
		assertThatExceptionOfType(io.r2dbc.spi.R2dbcException.class)
			.isThrownBy(() -> connection.createStatement("SELECT pg_sleep(10)")
				.execute()
				.flatMap(PostgresqlResult::getRowsUpdated)
				.blockLast(SessionFixture.LONG))
			.withMessageContaining("statement timeout");
		connection.close().block(SessionFixture.LONG);
		assertThat(this.fixture.list("SHOW statement_timeout", String.class)).containsExactly("0");
	}

	@Test
	void anIsolationLevelIsToldBack() {
		PostgresqlConnection connection = this.fixture.connect();
		connection.setTransactionIsolationLevel(IsolationLevel.SERIALIZABLE).block(SessionFixture.LONG);
		assertThat(connection.getTransactionIsolationLevel()).isEqualTo(IsolationLevel.SERIALIZABLE);
		connection.close().block(SessionFixture.LONG);
	}

	@Test
	void autoCommitTurnsIntoATransaction() {
		PostgresqlConnection connection = this.fixture.connect();
		assertThat(connection.isAutoCommit()).isTrue();
		connection.setAutoCommit(false).block(SessionFixture.LONG);
		assertThat(connection.isAutoCommit()).isFalse();
		connection.setAutoCommit(true).block(SessionFixture.LONG);
		assertThat(connection.isAutoCommit()).isTrue();
		connection.close().block(SessionFixture.LONG);
	}

	@Test
	void theUnwrappedConnectionIsGuardedToo() {
		PostgresqlConnection connection = this.fixture.connect();
		PostgresqlConnection unwrapped = (PostgresqlConnection) ((Wrapped<?>) connection).unwrap();
		unwrapped.createStatement("INSERT INTO item VALUES (1, 'a')")
			.execute()
			.flatMap(PostgresqlResult::getRowsUpdated)
			.blockLast(SessionFixture.LONG);
		Long copied = unwrapped.copyIn("COPY item FROM STDIN", Mono.just(Unpooled.copiedBuffer("2\tb\n3\tc\n", UTF_8)))
			.block(SessionFixture.LONG);
		assertThat(copied).isEqualTo(2);
		connection.close().block(SessionFixture.LONG);
		this.fixture.end();
		assertThat(this.fixture.committed("item")).isZero();
	}

	@Test
	void copyRunsBothWays() {
		PostgresConnections connections = this.fixture.connections();
		Long loaded = connections
			.copyIn("COPY item FROM STDIN",
					Flux.just("1\ta\n", "2\tb\n").map((row) -> Unpooled.copiedBuffer(row, UTF_8)))
			.block(SessionFixture.LONG);
		List<String> rows = connections.copyOut("COPY item TO STDOUT")
			.map(Group11ConnectionsIntegrationTests::text)
			.collectList()
			.block(SessionFixture.LONG);
		assertThat(loaded).isEqualTo(2);
		assertThat(rows).containsExactly("1\ta\n", "2\tb\n");
		assertThat(
				connections.copyOut("COPY (SELECT i, repeat('x', 10000) FROM generate_series(1, 100000) i) TO STDOUT")
					.map(Group11ConnectionsIntegrationTests::text)
					.take(3)
					.count()
					.block(SessionFixture.LONG))
			.isEqualTo(3);
		assertThat(this.fixture.count("item")).isEqualTo(2);
	}

	private static String text(ByteBuf buffer) {
		try {
			return buffer.toString(UTF_8);
		}
		finally {
			buffer.release();
		}
	}

	@Test
	void copyRunsInATransaction() {
		PostgresConnections connections = this.fixture.connections();
		Long count = connections.copyIn("COPY item FROM STDIN", Mono.just(Unpooled.copiedBuffer("1\ta\n", UTF_8)))
			.thenMany(connections.copyOut("COPY item TO STDOUT").doOnNext(ByteBuf::release))
			.count()
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG);
		assertThat(count).isOne();
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void theStatusIsThatOfTheApplicationsTransaction() {
		PostgresConnections connections = this.fixture.connections();
		assertThat(connections.status().block(SessionFixture.LONG).state()).isEqualTo(ConnectionStatus.State.READY);
		assertThat(
				connections.status().as(this.fixture.transaction()::transactional).block(SessionFixture.LONG).state())
			.isEqualTo(ConnectionStatus.State.IN_TRANSACTION);
	}

	@Test
	void largeObjectsAreWrittenAndRead() {
		LargeObjectTemplate objects = LargeObjectTemplate.create(this.fixture.factory());
		byte[] content = "large".repeat(100_000).getBytes(UTF_8);
		for (int i = 0; i < 2; i++) {
			Long oid = objects.write(Mono.just(DefaultDataBufferFactory.sharedInstance.wrap(content)))
				.block(SessionFixture.LONG)
				.oid();
			byte[] read = DataBufferUtils.join(objects.read(oid))
				.map((buffer) -> bytes(buffer))
				.block(SessionFixture.LONG);
			assertThat(read).isEqualTo(content);
		}
		this.fixture.end();
		assertThat(this.fixture.committed("pg_largeobject_metadata")).isZero();
	}

	private static byte[] bytes(DataBuffer buffer) {
		byte[] bytes = new byte[buffer.readableByteCount()];
		buffer.read(bytes);
		DataBufferUtils.release(buffer);
		return bytes;
	}

	@Test
	void aPoolOfOneConnectionIsEnough() {
		this.fixture.end();
		ConnectionPool pool = new ConnectionPool(
				ConnectionPoolConfiguration.builder(this.fixture.real()).initialSize(0).maxSize(1).build());
		try {
			for (int i = 0; i < 3; i++) {
				TestSession session = TestSession.open(pool, SessionOptions.DEFAULT).block(SessionFixture.LONG);
				Long sum = Flux.range(1, 20)
					.flatMap((id) -> Flux.usingWhen(session.connect(),
							(connection) -> Flux
								.from(connection.createStatement("INSERT INTO item VALUES (" + id + ", 'a')").execute())
								.flatMap((result) -> result.getRowsUpdated()),
							(connection) -> connection.close()))
					.reduce(0L, Long::sum)
					.block(SessionFixture.LONG);
				assertThat(sum).isEqualTo(20);
				session.end(false).block(SessionFixture.LONG);
				assertThat(pool.getMetrics().orElseThrow().acquiredSize()).isZero();
			}
		}
		finally {
			pool.disposeLater().block(SessionFixture.LONG);
		}
		this.fixture.open(SessionOptions.DEFAULT);
		assertThat(this.fixture.count("item")).isZero();
	}

}
