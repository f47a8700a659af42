package io.trunkline.connection;

import java.lang.reflect.Method;
import java.util.function.Function;

import io.netty.buffer.ByteBuf;
import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.client.Client;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

import org.springframework.util.Assert;
import org.springframework.util.ReflectionUtils;

/**
 * Chooses how to reach the driver. Through its protocol client where it is to be had;
 * where a later version hides it, COPY OUT goes through the driver's own {@code copyOut},
 * which no release up to 1.1.1 has.
 * <p>
 * The driver's own differs: cancelling it sends no cancel request, so that the server
 * runs on, and whoever wants the connection next waits until the driver has read the
 * rest; a savepoint of a surrounding transaction stays until its end.
 */
final class CopyBridge {

	private final @Nullable Method driverCopyOut;

	private CopyBridge(@Nullable Method driverCopyOut) {
		this.driverCopyOut = driverCopyOut;
	}

	/**
	 * Create a bridge to the driver on the class path.
	 */
	static CopyBridge create() {
		return to(PostgresqlConnection.class);
	}

	static CopyBridge to(Class<? extends PostgresqlConnection> connectionType) {
		Method method = ReflectionUtils.findMethod(connectionType, "copyOut", String.class);
		return new CopyBridge(
				(method != null && Publisher.class.isAssignableFrom(method.getReturnType())) ? method : null);
	}

	boolean hasDriverCopyOut() {
		return this.driverCopyOut != null;
	}

	Flux<ByteBuf> copyOut(PostgresqlConnection connection, String sql, Function<Client, StatementAbort> abort) {
		try {
			Client client = TrunklineClientAccess.client(connection);
			return new CopyOut(client, sql).data(abort.apply(client));
		}
		catch (LinkageError | ClassCastException ex) {
			return driverCopyOut(connection, sql, ex);
		}
	}

	private Flux<ByteBuf> driverCopyOut(PostgresqlConnection connection, String sql, Throwable cause) {
		Method method = this.driverCopyOut;
		if (method == null) {
			throw new UnsupportedDriverException("COPY TO STDOUT", connection.getClass(), cause);
		}
		Object rows = ReflectionUtils.invokeMethod(method, connection, sql);
		Assert.state(rows != null, "The driver's copyOut returned null");
		return Flux.from((Publisher<?>) rows).cast(ByteBuf.class);
	}

	/**
	 * Return the protocol client.
	 * @throws UnsupportedDriverException if the driver hides it
	 */
	Client client(PostgresqlConnection connection) {
		try {
			return TrunklineClientAccess.client(connection);
		}
		catch (LinkageError | ClassCastException ex) {
			throw new UnsupportedDriverException("COPY FROM STDIN", connection.getClass(), ex);
		}
	}

	/**
	 * Return the protocol client, for what can do without.
	 */
	@Nullable Client clientIfAccessible(PostgresqlConnection connection) {
		try {
			return TrunklineClientAccess.client(connection);
		}
		catch (LinkageError | ClassCastException ex) {
			return null;
		}
	}

}
