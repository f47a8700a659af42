package io.trunkline.sample;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.embedded.testing.TcpProxy;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.context.DynamicPropertyRegistry;

/**
 * A database of its own for the application of a test, and a look into it that does not
 * go through the application.
 */
public final class SampleDatabase implements AutoCloseable {

	public static final String DELETION_PASSWORD = "open sesame";

	private static final PostgresTestServer server = PostgresTestServer.get();

	private final String name = server.createDatabase();

	public String name() {
		return this.name;
	}

	/**
	 * Let the application of a test connect to the database.
	 */
	public void connect(DynamicPropertyRegistry registry) {
		registry.add("spring.r2dbc.url", () -> server.r2dbcUrl(this.name));
		registry.add("spring.r2dbc.username", server::user);
		registry.add("spring.r2dbc.password", server::password);
		registry.add("trunkline.table.deletion-password", () -> DELETION_PASSWORD);
	}

	/**
	 * Stand between an application and the server.
	 */
	public TcpProxy proxy() {
		return TcpProxy.to(server.host(), server.port());
	}

	/**
	 * Start an application that the test ends by itself.
	 */
	public ConfigurableApplicationContext start(int port, String... arguments) {
		return start(port, server.r2dbcUrl(this.name), arguments);
	}

	/**
	 * Start one that reaches the server by way of a proxy.
	 */
	public ConfigurableApplicationContext start(TcpProxy proxy, String... arguments) {
		return start(0, "r2dbc:postgresql://127.0.0.1:" + proxy.port() + "/" + this.name, arguments);
	}

	private static ConfigurableApplicationContext start(int port, String url, String... arguments) {
		List<String> all = new ArrayList<>(List.of("--server.port=" + port, "--spring.r2dbc.url=" + url,
				"--spring.r2dbc.username=" + server.user(), "--spring.r2dbc.password=" + server.password(),
				"--trunkline.table.deletion-password=" + DELETION_PASSWORD));
		all.addAll(List.of(arguments));
		return SpringApplication.run(SampleApplication.class, all.toArray(String[]::new));
	}

	public void execute(String... sql) {
		server.executeIn(this.name, sql);
	}

	/**
	 * Return the first column of a query.
	 */
	public List<String> query(String sql) {
		List<String> values = new ArrayList<>();
		try (Connection connection = jdbc();
				Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery(sql)) {
			while (result.next()) {
				values.add(result.getString(1));
			}
			return values;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	public long count(String from) {
		return Long.parseLong(query("SELECT count(*) FROM " + from).get(0));
	}

	public Connection jdbc() throws SQLException {
		return server.jdbc(this.name);
	}

	@Override
	public void close() {
		server.dropDatabase(this.name);
	}

}
