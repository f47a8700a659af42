package io.trunkline.copy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

import io.netty.buffer.ByteBuf;
import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.testing.TestPool;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * A database to load rows into and to unload them from.
 */
final class CopyFixture implements AutoCloseable {

	private final PostgresTestServer server = PostgresTestServer.get();

	private final String database = this.server.createDatabase();

	private final TestPool pool = TestPool.ofOne(this.database);

	void execute(String... sql) {
		this.server.executeIn(this.database, sql);
	}

	List<RowColumn> columns(String table) {
		return TestCatalog.columns(this.database, table);
	}

	long load(String table, RowEncoding<?> encoding, Publisher<ByteBuf> frames) {
		String columns = encoding.columns()
			.stream()
			.map((column) -> SqlIdentifiers.quote(column.name()))
			.collect(Collectors.joining(", "));
		String sql = "COPY %s (%s) FROM STDIN (FORMAT %s, ENCODING 'UTF8')".formatted(SqlIdentifiers.quote(table),
				columns, encoding.isBinary() ? "binary" : "text");
		return Objects.requireNonNull(this.pool.connections().copyIn(sql, frames).block(TestPool.TIMEOUT));
	}

	Flux<ByteBuf> unload(String select) {
		return this.pool.connections().copyOut("COPY (" + select + ") TO STDOUT (FORMAT binary)");
	}

	Connection jdbc() throws SQLException {
		return this.server.jdbc(this.database);
	}

	@Nullable String query(String sql, Object... parameters) {
		try (Connection connection = jdbc(); PreparedStatement statement = connection.prepareStatement(sql)) {
			for (int i = 0; i < parameters.length; i++) {
				statement.setObject(i + 1, parameters[i]);
			}
			ResultSet result = statement.executeQuery();
			return result.next() ? result.getString(1) : null;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	TestPool pool() {
		return this.pool;
	}

	@Override
	public void close() {
		this.pool.close();
		this.server.dropDatabase(this.database);
	}

}
