package io.trunkline.connection;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.client.ReactorNettyClient;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.CopyData;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.spi.R2dbcException;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

public class CopyBridgeTests {

	@Test
	void theDriverLetsItsPackageGetTheClientOfAConnection() throws Exception {
		Method getClient = driverClass("PostgresqlConnection").getDeclaredMethod("getClient");
		assertThat(getClient.getReturnType()).isEqualTo(Client.class);
		assertThat(isVisibleInItsPackage(getClient)).isTrue();
		assertThat(PostgresqlConnection.class).isAssignableFrom(driverClass("PostgresqlConnection"));
	}

	@Test
	void theDriverLetsItsPackageMakeItsExceptions() throws Exception {
		Method createException = driverClass("ExceptionFactory").getDeclaredMethod("createException",
				ErrorResponse.class, String.class);
		assertThat(R2dbcException.class).isAssignableFrom(createException.getReturnType());
		assertThat(isVisibleInItsPackage(createException)).isTrue();
		assertThat(Modifier.isStatic(createException.getModifiers())).isTrue();
	}

	@Test
	void theDriversClientExchangesMessagesAndSendsCancelRequests() throws Exception {
		Method exchange = Client.class.getMethod("exchange", Publisher.class);
		assertThat(exchange.getGenericReturnType().getTypeName())
			.isEqualTo(Flux.class.getName() + "<" + BackendMessage.class.getName() + ">");
		assertThat(Client.class.getMethod("cancelRequest").getReturnType()).isEqualTo(Mono.class);
		assertThat(CopyData.class.getMethod("getData").getReturnType()).isEqualTo(ByteBuf.class);
	}

	@Test
	void theDriversClientKeepsItsConnectionInAField() throws Exception {
		assertThat(ReactorNettyClient.class.getDeclaredField("connection").getType()).isEqualTo(Connection.class);
	}

	@Test
	void theDriverHasNoCopyOutOfItsOwnYet() {
		assertThat(CopyBridge.create().hasDriverCopyOut()).isFalse();
	}

	@Test
	void usesTheDriversOwnCopyOutWhereTheClientIsHidden() {
		CopyBridge bridge = CopyBridge.to(FutureConnection.class);
		assertThat(bridge.hasDriverCopyOut()).isTrue();
		FutureConnection connection = hiding(FutureConnection.class);
		StepVerifier.create(bridge.copyOut(connection, "COPY t TO STDOUT", (client) -> {
			throw new AssertionError("There is no client");
		}).map((row) -> row.toString(StandardCharsets.UTF_8))).expectNext("COPY t TO STDOUT").verifyComplete();
	}

	@Test
	void takesNoMethodOfThatNameThatReturnsSomethingElse() {
		assertThat(CopyBridge.to(OtherConnection.class).hasDriverCopyOut()).isFalse();
	}

	@Test
	void namesTheDriverVersionsThatWorkWhereNeitherDoes() {
		PostgresqlConnection connection = hiding(PostgresqlConnection.class);
		CopyBridge bridge = CopyBridge.create();
		assertThatExceptionOfType(UnsupportedDriverException.class)
			.isThrownBy(
					() -> bridge.copyOut(connection, "COPY t TO STDOUT", (client) -> new StatementAbort(client, "")))
			.withMessageStartingWith("COPY TO STDOUT does not work with connections of ")
			.withMessageContaining(connection.getClass().getName())
			.withMessageEndingWith("; use org.postgresql:r2dbc-postgresql 1.1.x, from 1.1.1.RELEASE on")
			.withCauseInstanceOf(ClassCastException.class);
		assertThatExceptionOfType(UnsupportedDriverException.class).isThrownBy(() -> bridge.client(connection))
			.withMessageStartingWith("COPY FROM STDIN does not work with connections of ");
	}

	@Test
	void doesWithoutTheClientWhereItCan() {
		assertThat(CopyBridge.create().clientIfAccessible(hiding(PostgresqlConnection.class))).isNull();
	}

	private static boolean isVisibleInItsPackage(Method method) {
		return !Modifier.isPrivate(method.getModifiers())
				&& method.getDeclaringClass().getPackage() == TrunklineClientAccess.class.getPackage();
	}

	private static Class<?> driverClass(String name) throws ClassNotFoundException {
		return Class.forName("io.r2dbc.postgresql." + name);
	}

	/**
	 * A connection that is not of the driver's own class, and answers {@code copyOut}
	 * with the statement.
	 */
	private static <T extends PostgresqlConnection> T hiding(Class<T> type) {
		return type
			.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type }, (proxy, method, arguments) -> {
				if (!"copyOut".equals(method.getName())) {
					throw new UnsupportedOperationException(method.getName());
				}
				return Flux.just(Unpooled.copiedBuffer((String) arguments[0], StandardCharsets.UTF_8));
			}));
	}

	/**
	 * What the driver's interface may become.
	 */
	public interface FutureConnection extends PostgresqlConnection {

		Flux<ByteBuf> copyOut(String sql);

	}

	/**
	 * What it had better not become.
	 */
	public interface OtherConnection extends PostgresqlConnection {

		String copyOut(String sql);

	}

}
