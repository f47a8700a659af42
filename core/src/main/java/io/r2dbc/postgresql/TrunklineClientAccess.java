package io.r2dbc.postgresql;

import java.lang.reflect.Field;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.netty.channel.Channel;
import io.r2dbc.postgresql.api.ErrorDetails;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.postgresql.api.PostgresqlStatement;
import io.r2dbc.postgresql.client.Binding;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.client.PortalNameSupplier;
import io.r2dbc.postgresql.client.ReactorNettyClient;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.Wrapped;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * The one door to what the driver keeps package-private: the {@link Client} of a
 * connection, statements over a client of one's own, and the exceptions that the driver
 * makes of an {@link ErrorResponse}. Lives in the driver's package for that reason only;
 * nothing else does.
 *
 * @since 0.1.0
 */
@NullMarked
public final class TrunklineClientAccess {

	private static final @Nullable Field CONNECTION = connectionField();

	private TrunklineClientAccess() {
	}

	/**
	 * Return the protocol client of a driver connection.
	 * @param connection an unwrapped driver connection
	 * @return the client
	 * @throws ClassCastException if the connection is not the driver's own class
	 * @throws LinkageError if the driver on the class path has another shape
	 */
	public static Client client(io.r2dbc.postgresql.api.PostgresqlConnection connection) {
		return driverConnection(connection).getClient();
	}

	/**
	 * Create a connection of the driver's own that talks through a client of the caller's
	 * making, with the codecs and the prepared statements of another one.
	 * @param connection an unwrapped driver connection
	 * @param client what stands before the connection's client
	 * @return the connection
	 * @throws ClassCastException if the connection is not the driver's own class
	 * @throws LinkageError if the driver on the class path has another shape
	 */
	public static io.r2dbc.postgresql.api.PostgresqlConnection connection(
			io.r2dbc.postgresql.api.PostgresqlConnection connection, Client client) {
		ConnectionResources resources = driverConnection(connection).getResources();
		return new PostgresqlConnection(client, resources.getCodecs(), resources.getPortalNameSupplier(),
				resources.getStatementCache(), connection.getTransactionIsolationLevel(), resources.getConfiguration());
	}

	/**
	 * Create a statement of the driver's own that talks through a client of the caller's
	 * making. A guarded connection may refuse it.
	 * @param connection an unwrapped driver connection
	 * @param client what stands before the connection's client
	 * @param portalNames told the name of the portal that rows are fetched from
	 * @param sql the statement
	 * @return the statement
	 * @throws ClassCastException if the connection is not the driver's own class
	 * @throws LinkageError if the driver on the class path has another shape
	 */
	public static PostgresqlStatement statement(io.r2dbc.postgresql.api.PostgresqlConnection connection, Client client,
			Consumer<String> portalNames, String sql) {
		if (!(connection instanceof PostgresqlConnection)) {
			connection.createStatement(sql);
		}
		return new io.r2dbc.postgresql.PostgresqlStatement(resources(connection, client, portalNames), sql);
	}

	/**
	 * Run a query that has no parameters page by page. It is run as the driver runs one
	 * that has some: for those without, the driver reads 256 rows ahead of what was asked
	 * for.
	 * @param connection an unwrapped driver connection
	 * @param client what stands before the connection's client
	 * @param portalNames told the name of the portal that rows are fetched from
	 * @param sql the query
	 * @param pageSize how many rows to fetch at a time
	 * @return the one result
	 */
	public static Flux<PostgresqlResult> pages(io.r2dbc.postgresql.api.PostgresqlConnection connection, Client client,
			Consumer<String> portalNames, String sql, int pageSize) {
		ConnectionResources resources = resources(connection, client, portalNames);
		ExceptionFactory errors = ExceptionFactory.withSql(sql);
		return Flux.just(io.r2dbc.postgresql.PostgresqlResult.toResult(resources, ExtendedFlowDelegate
			.runQuery(resources, errors, sql, Binding.EMPTY, List.of(), pageSize, new AtomicBoolean()), errors));
	}

	private static ConnectionResources resources(io.r2dbc.postgresql.api.PostgresqlConnection connection, Client client,
			Consumer<String> portalNames) {
		ConnectionResources resources = driverConnection(connection).getResources();
		PortalNameSupplier supplier = () -> {
			String name = resources.getPortalNameSupplier().get();
			portalNames.accept(name);
			return name;
		};
		return new ConnectionResources(client, resources.getCodecs(), resources.getConnection(),
				resources.getConfiguration(), supplier, resources.getStatementCache());
	}

	/**
	 * Have a connection prepare statements anew, whose plans are out of date.
	 * @param connection an unwrapped driver connection
	 * @param statements their texts
	 */
	public static void forgetPrepared(io.r2dbc.postgresql.api.PostgresqlConnection connection,
			Collection<String> statements) {
		StatementCache cache = driverConnection(connection).getResources().getStatementCache();
		statements.forEach(cache::evict);
	}

	/**
	 * A guarded connection, as tests have it, looks like one of the driver's and holds
	 * one.
	 */
	private static PostgresqlConnection driverConnection(io.r2dbc.postgresql.api.PostgresqlConnection connection) {
		Object current = connection;
		while (!(current instanceof PostgresqlConnection) && current instanceof Wrapped<?> wrapped) {
			current = wrapped.unwrap();
		}
		return (PostgresqlConnection) Objects.requireNonNull(current);
	}

	/**
	 * Return the channel below a client, for those who want to stop reading it. The
	 * driver has no accessor for it, so this depends on a private field.
	 * @param client a protocol client
	 * @return the channel, or {@code null} where the driver has another shape
	 */
	public static @Nullable Channel channel(Client client) {
		if (CONNECTION == null || !(client instanceof ReactorNettyClient)) {
			return null;
		}
		try {
			return ((reactor.netty.Connection) CONNECTION.get(client)).channel();
		}
		catch (IllegalAccessException ex) {
			return null;
		}
	}

	private static @Nullable Field connectionField() {
		try {
			Field field = ReactorNettyClient.class.getDeclaredField("connection");
			field.setAccessible(true);
			return (field.getType() == reactor.netty.Connection.class) ? field : null;
		}
		catch (NoSuchFieldException | RuntimeException ex) {
			return null;
		}
	}

	/**
	 * Make the exception that the driver itself raises for the commit of a transaction
	 * that the server has rolled back.
	 * @return the driver's exception
	 */
	public static R2dbcException rolledBack() {
		return new ExceptionFactory.PostgresqlRollbackException(ErrorDetails.fromMessage("The database returned"
				+ " ROLLBACK, so the transaction cannot be committed. Transaction failure is not known (check server"
				+ " logs?)"), "COMMIT");
	}

	/**
	 * Make the exception that the driver itself would raise.
	 * @param response the server's message
	 * @param sql the statement that failed
	 * @return the driver's exception
	 */
	public static R2dbcException exception(ErrorResponse response, String sql) {
		return ExceptionFactory.createException(response, sql);
	}

}
