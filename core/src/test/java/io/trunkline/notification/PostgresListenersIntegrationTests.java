package io.trunkline.notification;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import io.trunkline.connection.PostgresConnections;
import io.trunkline.notification.NotificationEvent.Message;
import io.trunkline.notification.NotificationEvent.Overflow;
import io.trunkline.notification.NotificationEvent.Reconnected;
import io.trunkline.testing.TestPool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * {@link PostgresListener} methods.
 */
@ExtendWith(OutputCaptureExtension.class)
class PostgresListenersIntegrationTests extends NotificationFixture {

	private final List<Object> calls = new CopyOnWriteArrayList<>();

	@BeforeEach
	void forgetCalls() {
		this.calls.clear();
	}

	private AnnotationConfigApplicationContext start(Object bean) {
		return start(bean, (builder) -> builder);
	}

	private AnnotationConfigApplicationContext start(Object bean, UnaryOperator<PostgresListeners.Builder> settings) {
		AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
		context.getEnvironment().getSystemProperties().put("test.channels", "first,second");
		PostgresConnections connections = this.pool.connections();
		context.registerBean("listener", Object.class, () -> bean);
		context.registerBean(PostgresListeners.class,
				() -> settings
					.apply(PostgresListeners.builder(this.bus, connections)
						.retry(3, Duration.ofMillis(1), Duration.ofMillis(5)))
					.build());
		try {
			context.refresh();
		}
		catch (RuntimeException ex) {
			context.close();
			throw ex;
		}
		return open(context);
	}

	private void awaitCalls(int count) {
		TestPool.await(count + " calls", () -> this.calls.size() >= count);
		assertThat(this.calls).hasSize(count);
	}

	private void killBackend() {
		this.pool.sideQuery("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ? AND pid <>"
				+ " pg_backend_pid() AND query LIKE 'LISTEN%'", this.database);
	}

	class Kinds {

		@PostgresListener(channels = "text")
		void text(String payload) {
			PostgresListenersIntegrationTests.this.calls.add("text " + payload);
		}

		@PostgresListener(channels = "record")
		Mono<Void> item(Item item) {
			return Mono.fromRunnable(() -> PostgresListenersIntegrationTests.this.calls.add(item));
		}

		@PostgresListener(channels = "generic")
		void items(List<Item> items) {
			PostgresListenersIntegrationTests.this.calls.addAll(items);
		}

		@PostgresListener(channels = { "message", "other message" })
		String message(Message message, String payload) {
			PostgresListenersIntegrationTests.this.calls.add(message.channel() + " " + payload);
			return "is ignored";
		}

		@PostgresListener(channels = "nothing")
		void nothing() {
			PostgresListenersIntegrationTests.this.calls.add("nothing");
		}

		@PostgresListener(channels = "number")
		void number(int number) {
			PostgresListenersIntegrationTests.this.calls.add(number);
		}

		@PostgresListener(channels = "${test.channels}")
		void placeholders(Message message) {
			PostgresListenersIntegrationTests.this.calls.add(message.channel());
		}

	}

	record Item(int id, String name) {

	}

	@Test
	void callsMethodsOfAllKinds() {
		start(new Kinds());
		send("text", "a");
		awaitCalls(1);
		send("record", "{\"id\": 1, \"name\": \"tea\"}");
		awaitCalls(2);
		send("generic", "[{\"id\": 2, \"name\": \"milk\"}]");
		awaitCalls(3);
		send("other message", "b");
		awaitCalls(4);
		send("nothing", "");
		awaitCalls(5);
		send("number", "42");
		awaitCalls(6);
		send("first", "");
		awaitCalls(7);
		send("second", "");
		awaitCalls(8);
		assertThat(this.calls).containsExactly("text a", new Item(1, "tea"), new Item(2, "milk"), "other message b",
				"nothing", 42, "first", "second");
	}

	class Gaps {

		@PostgresListener(channels = "parameters")
		void parameters(@Nullable String payload, @Nullable Overflow overflow, @Nullable Reconnected reconnected) {
			PostgresListenersIntegrationTests.this.calls.add((payload != null) ? payload
					: (overflow != null) ? overflow : (reconnected != null) ? "reconnected" : "nothing");
		}

		@PostgresListener(channels = "handler", gapHandler = "gap")
		void handler(String payload) {
			PostgresListenersIntegrationTests.this.calls.add(payload);
		}

		void gap(NotificationEvent gap) {
			PostgresListenersIntegrationTests.this.calls.add("gap " + gap.getClass().getSimpleName());
		}

		@PostgresListener(channels = "careless")
		void careless(String payload) {
			PostgresListenersIntegrationTests.this.calls.add(payload);
		}

	}

	@Test
	void tellsGapsToThoseWhoTakeThemAndWarnsOfOthers(CapturedOutput output) {
		start(new Gaps());
		killBackend();
		awaitCalls(2);
		assertThat(this.calls).containsExactlyInAnyOrder("reconnected", "gap Reconnected");
		TestPool.await("a warning",
				() -> output.toString().contains("Messages are missing for listener PostgresListeners"));
		send("careless", "after");
		awaitCalls(3);
	}

	class Failing {

		@PostgresListener(channels = "failing")
		void fail(String payload) {
			PostgresListenersIntegrationTests.this.calls.add(payload);
			if (!payload.equals("good")) {
				throw new IllegalStateException("on purpose");
			}
		}

		@PostgresListener(channels = "unreadable")
		Mono<Void> read(Item item) {
			return Mono.error(new AssertionError("must not be called"));
		}

		@PostgresListener(channels = "failing later")
		Mono<Void> failLater(String payload) {
			PostgresListenersIntegrationTests.this.calls.add(payload);
			return payload.equals("good") ? Mono.empty() : Mono.error(new IllegalStateException("on purpose"));
		}

	}

	@ParameterizedTest
	@ValueSource(strings = { "failing", "failing later" })
	void triesAgainThenTellsTheHandlerAndGoesOn(String channel) {
		List<String> failures = new CopyOnWriteArrayList<>();
		start(new Failing(), (builder) -> builder.errorHandler((listener, event, ex) -> Mono
			.fromRunnable(() -> failures.add(listener + " " + ((Message) event).payload() + " " + ex.getMessage()))));
		send(channel, "bad");
		send(channel, "good");
		awaitCalls(4);
		assertThat(this.calls).containsExactly("bad", "bad", "bad", "good");
		assertThat(failures).hasSize(1).first().asString().contains("Failing.fail").endsWith("bad on purpose");
	}

	@Test
	void logsWhatCannotBeReadOnceAndWithoutThePayload(CapturedOutput output) {
		start(new Failing());
		send("unreadable", "a very own value");
		send("failing", "good");
		awaitCalls(1);
		TestPool.await("an error", () -> output.toString().contains("failed for a message of channel unreadable"));
		assertThat(output).doesNotContain("a very own value");
	}

	class Slow {

		private final CountDownLatch began = new CountDownLatch(1);

		private final CountDownLatch release = new CountDownLatch(1);

		private final CyclicBarrier together = new CyclicBarrier(4);

		private final Set<String> threads = ConcurrentHashMap.newKeySet();

		@PostgresListener(channels = "slow", bufferSize = 4, gapHandler = "gap")
		void slow(String payload) throws InterruptedException {
			this.threads.add(Thread.currentThread().getName());
			this.began.countDown();
			this.release.await();
			PostgresListenersIntegrationTests.this.calls.add(payload);
		}

		void gap(Overflow overflow) {
			PostgresListenersIntegrationTests.this.calls.add(overflow);
		}

		@PostgresListener(channels = "concurrent", concurrency = 4)
		void concurrent(String payload) throws Exception {
			this.together.await(TestPool.TIMEOUT.toSeconds(), TimeUnit.SECONDS);
			PostgresListenersIntegrationTests.this.calls.add(payload);
		}

	}

	@Test
	void mayBlock() throws InterruptedException {
		Slow listener = new Slow();
		start(listener);
		send("slow", "0");
		listener.began.await();
		send("slow", 1, 10);
		send("concurrent", 1, 4);
		awaitCalls(4);
		this.calls.clear();
		TestPool.await("all have come", () -> this.bus.status().received() == 15);
		listener.release.countDown();
		awaitCalls(6);
		assertThat(this.calls).containsExactly("0", "1", "2", "3", "4", new Overflow(6));
		assertThat(listener.threads).allSatisfy((thread) -> assertThat(thread).startsWith("boundedElastic"));
	}

	@Test
	void isCalledWhereEventsComeOnRequest() throws InterruptedException {
		Slow listener = new Slow();
		listener.release.countDown();
		start(listener, (builder) -> builder.blockingScheduler(null));
		send("slow", "0");
		awaitCalls(1);
		assertThat(listener.threads).allSatisfy((thread) -> assertThat(thread).startsWith("trunkline-notification"));
	}

	@Test
	void endsCallsBeforeTheContextIsClosed() throws InterruptedException {
		Slow listener = new Slow();
		AnnotationConfigApplicationContext context = start(listener);
		send("slow", "last");
		listener.began.await();
		Thread closing = new Thread(context::close);
		closing.start();
		TestPool.await("nobody listens", () -> this.bus.status().subscribers() == 0);
		assertThat(closing.isAlive()).isTrue();
		assertThat(this.calls).isEmpty();
		listener.release.countDown();
		closing.join(TestPool.TIMEOUT.toMillis());
		assertThat(closing.isAlive()).isFalse();
		assertThat(this.calls).containsExactly("last");
	}

	@Test
	void listensAgainAfterARestart() {
		AnnotationConfigApplicationContext context = start(new Kinds());
		context.stop();
		TestPool.await("nobody listens", () -> this.bus.status().subscribers() == 0);
		context.start();
		send("text", "again");
		awaitCalls(1);
	}

	@Test
	void refusesWhatCannotBeCalled() {
		assertThatThrownBy(() -> start(new Object() {
			@PostgresListener
			void nowhere(String payload) {
			}
		})).hasStackTraceContaining("either 'channels' or a 'table'");
		assertThatThrownBy(() -> start(new Object() {
			@PostgresListener(channels = "a", table = "b")
			void both(String payload) {
			}
		})).hasStackTraceContaining("either 'channels' or a 'table'");
		assertThatThrownBy(() -> start(new Object() {
			@PostgresListener(channels = "a")
			void two(String payload, Item item) {
			}
		})).hasStackTraceContaining("2 parameters for the payload");
		assertThatThrownBy(() -> start(new Object() {
			@PostgresListener(channels = "a")
			void primitive(int payload, Overflow overflow) {
			}
		})).hasStackTraceContaining("wrapper");
		assertThatThrownBy(() -> start(new Object() {
			@PostgresListener(channels = "a", gapHandler = "missing")
			void unhandled(String payload) {
			}
		})).hasStackTraceContaining("[missing]");
		assertThatThrownBy(() -> start(new Object() {
			@PostgresListener(channels = "a", concurrency = 0)
			void never(String payload) {
			}
		})).hasStackTraceContaining("'concurrency'");
	}

	class Changes {

		@PostgresListener(table = "\"Order items\"")
		void changed(TableChange change) {
			PostgresListenersIntegrationTests.this.calls.add(change);
		}

	}

	private void createTable() {
		this.server.executeIn(this.database, "DROP TABLE IF EXISTS \"Order items\"",
				"DROP FUNCTION IF EXISTS trunkline_notify_change",
				"CREATE TABLE \"Order items\" (name text, \"it's\" text, \"order\\no\" int,"
						+ " PRIMARY KEY (\"order\\no\", \"it's\"))");
	}

	private TableChange change(TableChange.Operation operation, @Nullable Map<String, Object> key,
			@Nullable Map<String, Object> oldKey) {
		return new TableChange(operation, "public", "Order items", key, oldKey);
	}

	@Test
	void tellsOfChangesOfATable() {
		createTable();
		start(new Changes(), (builder) -> builder.installTriggers(true));
		Map<String, Object> first = Map.of("order\\no", 1, "it's", "a");
		Map<String, Object> second = Map.of("order\\no", 2, "it's", "a");
		assertSent("INSERT INTO \"Order items\" VALUES ('x', 'a', 1)",
				change(TableChange.Operation.INSERT, first, null));
		assertSent("UPDATE \"Order items\" SET name = 'y'", change(TableChange.Operation.UPDATE, first, null));
		assertSent("UPDATE \"Order items\" SET \"order\\no\" = 2", change(TableChange.Operation.UPDATE, second, first));
		assertSent("DELETE FROM \"Order items\"", change(TableChange.Operation.DELETE, second, null));
		assertSent("TRUNCATE \"Order items\"", change(TableChange.Operation.TRUNCATE, null, null));
		// Compressed it fits into the index, but not into a notification.
		assertSent("INSERT INTO \"Order items\" VALUES ('x', repeat('x', 9000), 1)",
				change(TableChange.Operation.INSERT, null, null));
	}

	private void assertSent(String sql, TableChange change) {
		this.calls.clear();
		this.pool.sideQuery(sql);
		awaitCalls(1);
		assertThat(this.calls).containsExactly(change);
	}

	@Test
	void saysWhichTriggersAreMissingWhereItMayNotCreateThem() {
		createTable();
		MissingTriggerException missing = missing();
		assertThat(missing.getTable()).isEqualTo("\"public\".\"Order items\"");
		this.server.executeIn(this.database, missing.getDdl(), missing.getDdl());
		start(new Changes()).close();
		this.server.executeIn(this.database, "ALTER TABLE \"Order items\" DISABLE TRIGGER trunkline_notify");
		assertThat(missing().getDdl()).isEqualTo(missing.getDdl());
	}

	private MissingTriggerException missing() {
		try {
			start(new Changes());
		}
		catch (RuntimeException ex) {
			for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
				if (cause instanceof MissingTriggerException missing) {
					return missing;
				}
			}
			throw ex;
		}
		throw new AssertionError("It started");
	}

	@Test
	void createsTriggersOnce() {
		createTable();
		start(new Changes(), (builder) -> builder.installTriggers(true)).close();
		String xmin = "SELECT xmin::text::bigint FROM pg_trigger WHERE tgname = 'trunkline_notify'";
		long created = this.pool.sideNumber(xmin);
		start(new Changes(), (builder) -> builder.installTriggers(true)).close();
		assertThat(this.pool.sideNumber(xmin)).isEqualTo(created);
		this.server.executeIn(this.database,
				"ALTER TABLE \"Order items\" DROP CONSTRAINT \"Order items_pkey\"," + " ADD PRIMARY KEY (\"it's\")");
		start(new Changes(), (builder) -> builder.installTriggers(true)).close();
		assertThat(this.pool.sideNumber(xmin)).isNotEqualTo(created);
	}

	@Test
	void refusesTablesThatCannotBeHeardOf() {
		this.server.executeIn(this.database, "CREATE TABLE IF NOT EXISTS keyless (id int)");
		assertThatThrownBy(() -> start(new Object() {
			@PostgresListener(table = "keyless")
			void changed(TableChange change) {
			}
		})).hasStackTraceContaining("no primary key");
		assertThatThrownBy(() -> start(new Object() {
			@PostgresListener(table = "nowhere")
			void changed(TableChange change) {
			}
		})).hasStackTraceContaining("there is no such table");
	}

}
