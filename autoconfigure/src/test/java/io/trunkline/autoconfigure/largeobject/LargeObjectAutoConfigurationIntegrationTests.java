package io.trunkline.autoconfigure.largeobject;

import java.util.List;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.largeobject.LargeObjectTransfer;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The auto-configured beans against a server.
 */
class LargeObjectAutoConfigurationIntegrationTests {

	private final PostgresTestServer server = PostgresTestServer.get();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(R2dbcAutoConfiguration.class,
				PostgresConnectionsAutoConfiguration.class, LargeObjectAutoConfiguration.class))
		.withPropertyValues("spring.r2dbc.username=" + this.server.user(),
				"spring.r2dbc.password=" + this.server.password());

	@Test
	void timesOperationsAndCountsTheirBytes() {
		this.runner
			.withConfiguration(
					AutoConfigurations.of(MetricsAutoConfiguration.class, ObservationAutoConfiguration.class))
			.withBean(SimpleMeterRegistry.class)
			.withPropertyValues("spring.r2dbc.url=" + this.server.r2dbcUrl(), "trunkline.large-object.chunk-size=4KB")
			.run((context) -> {
				LargeObjectTemplate template = context.getBean(LargeObjectTemplate.class);
				Long oid = template.write(content(10_000)).map(LargeObjectTransfer::oid).block();
				List<Integer> sizes = template.read(oid).map((buffer) -> {
					int size = buffer.readableByteCount();
					DataBufferUtils.release(buffer);
					return size;
				}).collectList().block();
				assertThat(sizes).containsExactly(4096, 4096, 1808);
				template.delete(oid).block();
				MeterRegistry meters = context.getBean(MeterRegistry.class);
				for (String operation : List.of("write", "read")) {
					assertThat(meters.get("trunkline.largeobject." + operation + ".bytes")
						.tag("outcome", "success")
						.counter()
						.count()).isEqualTo(10_000);
					assertThat(
							meters.get("trunkline.largeobject." + operation).tag("outcome", "success").timer().count())
						.isEqualTo(1);
				}
			});
	}

	@Test
	void theScheduleDeletesWhatIsOlderThanTheGracePeriod() {
		String database = this.server.createDatabase();
		try {
			this.runner
				.withPropertyValues("spring.r2dbc.url=" + this.server.r2dbcUrl(database),
						"trunkline.large-object.orphan-sweep.interval=20ms",
						"trunkline.large-object.orphan-sweep.grace-period=100ms")
				.run((context) -> {
					LargeObjectTemplate template = context.getBean(LargeObjectTemplate.class);
					Long oid = template.write(content(10)).map(LargeObjectTransfer::oid).block();
					await().untilAsserted(() -> assertThat(template.exists(oid).block()).isFalse());
				});
		}
		finally {
			this.server.dropDatabase(database);
		}
	}

	private static Flux<DataBuffer> content(int size) {
		return Mono.<DataBuffer>fromSupplier(() -> DefaultDataBufferFactory.sharedInstance.wrap(new byte[size])).flux();
	}

}
