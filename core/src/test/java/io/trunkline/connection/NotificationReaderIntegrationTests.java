package io.trunkline.connection;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.postgresql.api.Notification;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link PostgresConnections#readNotifications} with the driver on the class path.
 */
class NotificationReaderIntegrationTests {

	private final List<String> read = new CopyOnWriteArrayList<>();

	private final List<String> driver = new CopyOnWriteArrayList<>();

	private final NotificationReader reader = new NotificationReader() {

		@Override
		public void read(String channel, String payload, int pid) {
			NotificationReaderIntegrationTests.this.read.add(channel + '|' + payload);
		}

		@Override
		public void readComplete() {
			NotificationReaderIntegrationTests.this.read.add("complete");
		}

	};

	private PostgresqlConnection connection;

	@BeforeEach
	void connect() {
		PostgresTestServer server = PostgresTestServer.get();
		this.connection = PostgresConnections
			.unwrap(Objects.requireNonNull(Mono.from(server.connectionFactory().create()).block(TestPool.TIMEOUT)));
	}

	@AfterEach
	void close() {
		this.connection.close().block(TestPool.TIMEOUT);
	}

	@Test
	void theDriverCutsMessagesAsTheDecoderInItsPlaceDoes() {
		Channel channel = channel();
		LengthFieldBasedFrameDecoder driver = channel.pipeline().get(LengthFieldBasedFrameDecoder.class);
		assertThat(driver.getClass()).isEqualTo(LengthFieldBasedFrameDecoder.class);
		NotificationDecoder decoder = new NotificationDecoder(this.reader);
		ReflectionUtils.doWithLocalFields(LengthFieldBasedFrameDecoder.class, (field) -> {
			if (Modifier.isFinal(field.getModifiers())) {
				assertThat(value(field, decoder)).as(field.getName()).isEqualTo(value(field, driver));
			}
		});
	}

	private static Object value(Field field, ChannelHandler decoder) {
		ReflectionUtils.makeAccessible(field);
		return ReflectionUtils.getField(field, decoder);
	}

	@Test
	void readsPastTheDriver() {
		Disposable subscription = this.connection.getNotifications().subscribe(this::note);
		List<String> before = channel().pipeline().names();
		PostgresConnections.readNotifications(this.connection, this.reader);
		execute("LISTEN \"past the driver\"; NOTIFY \"past the driver\", 'one'; SELECT 1");
		TestPool.await("it is read", () -> this.read.size() == 2);
		assertThat(this.read).containsExactly("past the driver|one", "complete");
		execute("SELECT pg_notify('past the driver', repeat('ä', 3000)) FROM generate_series(1, 2); SELECT 1");
		TestPool.await("it is read", () -> this.read.contains("past the driver|" + "ä".repeat(3000)));
		assertThat(this.driver).isEmpty();
		assertThat(channel().pipeline().names()).isEqualTo(before);
		subscription.dispose();
	}

	@Test
	void leavesThemToADriverThatHidesItsClient() {
		PostgresqlConnection hiding = (PostgresqlConnection) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { PostgresqlConnection.class },
				(proxy, method, arguments) -> method.invoke(this.connection, arguments));
		Disposable subscription = hiding.getNotifications().subscribe(this::note);
		PostgresConnections.readNotifications(hiding, this.reader);
		execute("LISTEN \"with the driver\"; NOTIFY \"with the driver\", 'one'");
		TestPool.await("the driver has it", () -> this.driver.size() == 1);
		assertThat(this.driver).containsExactly("with the driver|one");
		assertThat(this.read).isEmpty();
		subscription.dispose();
	}

	private Channel channel() {
		return Objects.requireNonNull(TrunklineClientAccess.channel(TrunklineClientAccess.client(this.connection)));
	}

	private void note(Notification notification) {
		this.driver.add(notification.getName() + '|' + notification.getParameter());
	}

	private void execute(String sql) {
		this.connection.createStatement(sql)
			.execute()
			.concatMap(PostgresqlResult::getRowsUpdated)
			.blockLast(TestPool.TIMEOUT);
	}

}
