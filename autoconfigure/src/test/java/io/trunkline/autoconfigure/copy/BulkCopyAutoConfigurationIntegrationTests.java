package io.trunkline.autoconfigure.copy;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.autoconfigure.json.JsonSupportAutoConfiguration;
import io.trunkline.copy.BulkCopyService;
import io.trunkline.copy.CopyResult;
import io.trunkline.embedded.testing.PostgresTestServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.r2dbc.autoconfigure.DataR2dbcAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The auto-configured service against a server.
 */
class BulkCopyAutoConfigurationIntegrationTests {

	private final PostgresTestServer server = PostgresTestServer.get();

	@Test
	void timesCopiesAndCountsTheirRowsAndBytes() {
		this.server.execute("CREATE TABLE copied (id integer, price numeric)");
		try {
			new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(R2dbcAutoConfiguration.class, DataR2dbcAutoConfiguration.class,
						PostgresConnectionsAutoConfiguration.class, JsonSupportAutoConfiguration.class,
						BulkCopyAutoConfiguration.class, MetricsAutoConfiguration.class,
						ObservationAutoConfiguration.class))
				.withBean(SimpleMeterRegistry.class)
				.withPropertyValues("spring.r2dbc.url=" + this.server.r2dbcUrl(),
						"spring.r2dbc.username=" + this.server.user(),
						"spring.r2dbc.password=" + this.server.password())
				.run((context) -> {
					BulkCopyService copy = context.getBean(BulkCopyService.class);
					CopyResult loaded = copy.copyIn("copied")
						.from(new ByteArrayResource("1,1\n2,2\n".getBytes()))
						.block();
					assertThat(loaded).extracting(CopyResult::rows).isEqualTo(2L);
					assertThat(copy.copyIn("copied")
						.fromObjects(Flux.just(new Copied(3, BigDecimal.TEN)), Copied.class)
						.block()).extracting(CopyResult::rows).isEqualTo(1L);
					MeterRegistry meters = context.getBean(MeterRegistry.class);
					assertThat(meters.get("trunkline.copy.in")
						.tags("table", "copied", "format", "csv", "outcome", "success")
						.timer()
						.count()).isEqualTo(1);
					assertThat(meters.get("trunkline.copy.in.items").tag("outcome", "success").counter().count())
						.isEqualTo(3);
					assertThat(List.of(meters.get("trunkline.copy.in.bytes").counter().count()))
						.allMatch((bytes) -> bytes > 8);
				});
		}
		finally {
			this.server.execute("DROP TABLE copied");
		}
	}

	@ParameterizedTest
	@MethodSource("mappers")
	void writesJsonByTheMapperOfTheApplication(Class<ObjectMapper> type, ObjectMapper mapper) {
		this.server.execute("CREATE TABLE noted (data jsonb)");
		try {
			new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(R2dbcAutoConfiguration.class, DataR2dbcAutoConfiguration.class,
						PostgresConnectionsAutoConfiguration.class, JsonSupportAutoConfiguration.class,
						BulkCopyAutoConfiguration.class))
				.withBean(type, () -> mapper)
				.withPropertyValues("spring.r2dbc.url=" + this.server.r2dbcUrl(),
						"spring.r2dbc.username=" + this.server.user(),
						"spring.r2dbc.password=" + this.server.password())
				.run((context) -> {
					BulkCopyService copy = context.getBean(BulkCopyService.class);
					copy.copyIn("noted").fromMaps(Flux.just(Map.of("data", new Note("one")))).block();
					assertThat(copy.copyOut("noted").objects(Noted.class).collectList().block())
						.containsExactly(new Noted(Map.of("some_text", "one")));
				});
		}
		finally {
			this.server.execute("DROP TABLE noted");
		}
	}

	static Stream<Arguments> mappers() {
		JsonMapper mapper = JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();
		return Stream.of(Arguments.of(JsonMapper.class, mapper), Arguments.of(ObjectMapper.class, mapper));
	}

	record Note(String someText) {
	}

	record Noted(Map<String, Object> data) {
	}

	record Copied(int id, BigDecimal price) {
	}

}
