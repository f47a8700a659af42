package io.trunkline.copy;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.trunkline.connection.OperationContext;
import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.dao.DataAccessException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is observed of copies.
 */
class CopyObservationIntegrationTests extends BulkCopyFixture {

	private final List<Seen> seen = new ArrayList<>();

	private BulkCopyService observed;

	@BeforeEach
	void observe() {
		ObservationRegistry registry = ObservationRegistry.create();
		registry.observationConfig().observationHandler(new Recorder());
		this.observed = BulkCopyService.builder(this.pool.connections())
			.frameSize(FRAME_SIZE)
			.chunkSize(FRAME_SIZE)
			.observationRegistry(registry)
			.build();
		this.seen.clear();
	}

	/**
	 * The one copy since the last look. Catalogues have observations of their own.
	 */
	private Seen one() {
		List<Seen> all = all();
		assertThat(all).hasSize(1);
		return all.get(0);
	}

	private List<Seen> all() {
		List<Seen> copies;
		synchronized (this.seen) {
			copies = this.seen.stream().filter((one) -> one.name().startsWith("trunkline.copy")).toList();
			this.seen.clear();
		}
		return copies;
	}

	@Test
	void tellsOfLoadsWithTheirBytesAndRows() {
		String csv = items(1, 300);
		get(this.observed.copyIn("items").from(content(csv)));
		assertThat(one()).isEqualTo(new Seen("trunkline.copy.in",
				Map.of("table", "items", "format", "csv", "outcome", "success"), csv.getBytes().length, 300, false));
		CopyResult maps = get(this.observed.copyIn("public.items").fromMaps(Flux.just(Map.of("id", 1000))));
		assertThat(one()).isEqualTo(new Seen("trunkline.copy.in",
				Map.of("table", "public.items", "format", "binary", "outcome", "success"), maps.bytes(), 1, false));
		String more = items(2000, 300);
		get(this.observed.copyIn("items").parallel(1).from(content(more)));
		assertThat(one().items()).isEqualTo(300);
		try (TestPool several = TestPool.of(3, this.database)) {
			ObservationRegistry registry = ObservationRegistry.create();
			registry.observationConfig().observationHandler(new Recorder());
			BulkCopyService parallel = BulkCopyService.builder(several.connections())
				.chunkSize(FRAME_SIZE)
				.observationRegistry(registry)
				.build();
			String csv3 = items(5000, 300);
			get(parallel.copyIn("items").parallel(3).from(content(csv3)));
			assertThat(one()).isEqualTo(
					new Seen("trunkline.copy.in", Map.of("table", "items", "format", "csv", "outcome", "success"),
							csv3.getBytes().length, 300, false));
		}
	}

	@Test
	void tellsOfExportsWithTheirBytesAndRows() {
		get(this.copy.copyIn("items").from(content(items(1, 300))));
		long bytes = bytes(this.observed.copyOut("items").format(CopyFormat.text()).data()).length;
		assertThat(one()).isEqualTo(new Seen("trunkline.copy.out",
				Map.of("table", "items", "format", "text", "outcome", "success"), bytes, 300, false));
		CopyResult zipped = get(this.observed.copyOutQuery("SELECT id FROM items WHERE id <= $1")
			.bind("$1", 20)
			.compression(Compression.GZIP)
			.to(OutputStream.nullOutputStream()));
		assertThat(one()).isEqualTo(new Seen("trunkline.copy.out",
				Map.of("table", "(query)", "format", "csv", "outcome", "success"), zipped.bytes(), 20, false));
		for (CopyOutSpec spec : List.of(this.observed.copyOut("items"),
				this.observed.copyOutQuery("SELECT * FROM items"))) {
			assertThat(spec.maps().count().block(TestPool.TIMEOUT)).isEqualTo(300);
			Seen rows = one();
			assertThat(rows.keys()).containsEntry("format", "binary").containsEntry("outcome", "success");
			assertThat(rows.items()).isEqualTo(300);
			assertThat(rows.bytes()).isGreaterThan(300 * 10);
		}
	}

	@Test
	void tellsOfBothSidesOfACopyBetweenDatabases() {
		get(this.copy.copyIn("items").from(content(items(1, 300))));
		sql("CREATE TABLE others (LIKE items)");
		try (TestPool target = TestPool.ofOne(this.database)) {
			CopyResult result = get(this.observed.copyOut("items").into(service(target).copyIn("others")));
			assertThat(one()).isEqualTo(new Seen("trunkline.copy.out",
					Map.of("table", "items", "format", "text", "outcome", "success"), result.bytes(), 300, false));
		}
	}

	@Test
	void tellsOfLoadsByStagingWithTheirMerge() {
		sql("INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 2)");
		String csv = "1,a,1\n2,c,2\n3,d,3\nx,e,4\n";
		get(this.observed.load("items").merge(Merge.update()).reject(Rejects.upTo(1)).from(content(csv)));
		assertThat(one()).isEqualTo(new Seen("trunkline.copy.load",
				Map.of("table", "items", "format", "csv", "merge", "update", "outcome", "success"), csv.length(), 2,
				false));
		LoadReport maps = get(this.observed.load("items")
			.merge(Merge.ignore())
			.fromMaps(Flux.just(Map.of("id", 1), Map.of("id", 7))));
		assertThat(one()).isEqualTo(new Seen("trunkline.copy.load",
				Map.of("table", "items", "format", "maps", "merge", "ignore", "outcome", "success"), maps.bytes(), 1,
				false));
		failure(DataAccessException.class, this.observed.load("items").merge(Merge.update()).from(content("1,a,x\n")));
		assertThat(one().keys()).containsEntry("outcome", "error");
	}

	@Test
	void tellsOfALoadThatIsOneCopyWithThatInside() {
		String csv = items(1, 50);
		get(this.observed.load("items").from(content(csv)));
		assertThat(all()).containsExactly(
				new Seen("trunkline.copy.in", Map.of("table", "items", "format", "csv", "outcome", "success"),
						csv.getBytes().length, 50, true),
				new Seen("trunkline.copy.load",
						Map.of("table", "items", "format", "csv", "merge", "insert", "outcome", "success"),
						csv.getBytes().length, 50, false));
	}

	@Test
	void tellsOfErrors() {
		failure(DataAccessException.class, this.observed.copyIn("items").from(content("1,a,1\n2,b,x\n")));
		Seen load = one();
		assertThat(load.keys()).isEqualTo(Map.of("table", "items", "format", "csv", "outcome", "error"));
		assertThat(load.bytes()).isEqualTo(12);
		assertThat(load.items()).isZero();
		failure(DataAccessException.class, this.observed.copyIn("missing").fromMaps(Flux.just(Map.of("id", 1))));
		assertThat(one().keys()).containsEntry("outcome", "error");
		String failing = "SELECT 1 / (2000 - i) FROM generate_series(1, 3000) i";
		failure(DataAccessException.class,
				this.observed.copyOutQuery(failing).data().doOnNext(DataBufferUtils::release));
		assertThat(one().keys()).containsEntry("outcome", "error");
		failure(DataAccessException.class, this.observed.copyOutQuery(failing).maps());
		assertThat(one().keys()).isEqualTo(Map.of("table", "(query)", "format", "binary", "outcome", "error"));
		failure(DataAccessException.class, this.observed.copyOutQuery("SELECT 1 AS a, 2 AS a").maps());
		assertThat(one().keys()).containsEntry("outcome", "error");
	}

	@ParameterizedTest
	@ValueSource(strings = { "bytes", "maps", "load", "data", "rows" })
	void tellsOfCancellations(String kind) {
		CountDownLatch stalled = new CountDownLatch(1);
		Flux<DataBuffer> source = content(items(1, 100))
			.concatWith(Flux.<DataBuffer>never().doOnSubscribe((subscription) -> stalled.countDown()));
		Flux<Map<String, Integer>> rows = Flux.range(1, 100)
			.map((i) -> Map.of("id", i))
			.concatWith(Flux.<Map<String, Integer>>never().doOnSubscribe((subscription) -> stalled.countDown()));
		CopyOutSpec endless = this.observed.copyOutQuery("SELECT generate_series(1, 100000000), repeat('x', 2000)");
		Flux<?> work = switch (kind) {
			case "bytes" -> this.observed.copyIn("items").from(source).flux();
			case "maps" -> this.observed.copyIn("items").fromMaps(rows).flux();
			case "load" -> this.observed.load("items").merge(Merge.update()).from(source).flux();
			case "data" -> endless.data().doOnNext(DataBufferUtils::release);
			default -> endless.maps();
		};
		boolean out = kind.equals("data") || kind.equals("rows");
		get(Abandoned.when(work, 1, (result) -> {
		}, (received) -> TestPool.await("the point to leave",
				() -> out ? received.get() == 1 : stalled.getCount() == 0)));
		this.pool.assertUsable();
		Seen cancelled = one();
		assertThat(cancelled.keys()).containsEntry("outcome", "cancelled");
		assertThat(cancelled.name()).isEqualTo("trunkline.copy." + (out ? "out" : kind.equals("load") ? "load" : "in"));
		if (!kind.equals("maps") && !kind.equals("rows")) {
			assertThat(cancelled.bytes()).isPositive();
		}
	}

	@Test
	void observesEachSubscription() {
		Mono<CopyResult> export = this.observed.copyOut("items").to(OutputStream.nullOutputStream());
		assertThat(all()).isEmpty();
		get(export);
		get(export);
		assertThat(all()).hasSize(2);
	}

	/**
	 * A copy as it was observed.
	 */
	private record Seen(String name, Map<String, String> keys, long bytes, long items, boolean nested) {
	}

	private final class Recorder implements ObservationHandler<OperationContext> {

		@Override
		public boolean supportsContext(Observation.Context context) {
			return context instanceof OperationContext;
		}

		@Override
		public void onStop(OperationContext context) {
			assertThat(context.getHighCardinalityKeyValues()).isEmpty();
			Map<String, String> keys = context.getLowCardinalityKeyValues()
				.stream()
				.collect(Collectors.toMap(KeyValue::getKey, KeyValue::getValue));
			assertThat(context.getError() != null).isEqualTo("error".equals(keys.get("outcome")));
			synchronized (CopyObservationIntegrationTests.this.seen) {
				CopyObservationIntegrationTests.this.seen.add(new Seen(context.getName(), keys, context.getBytes(),
						context.getItems(), context.getParentObservation() != null));
			}
		}

	}

}
