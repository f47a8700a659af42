package io.trunkline.copy;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;

import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications without the libraries that are optional: the library's classes are loaded
 * once more, where those are not to be found.
 */
class OptionalLibrariesIntegrationTests extends BulkCopyFixture {

	private static final String ZSTD = "com.github.luben.";

	private static final String JACKSON = "tools.jackson.";

	private String run(String absent, String step, Object argument) {
		sql("DROP TABLE IF EXISTS documents", "CREATE TABLE documents (data jsonb)", "TRUNCATE items",
				"INSERT INTO documents VALUES ('{\"id\": 7}')");
		try {
			Constructor<?> constructor = Class.forName(Steps.class.getName(), true, new WithoutLibrary(absent))
				.getDeclaredConstructor(ConnectionFactory.class);
			constructor.setAccessible(true);
			@SuppressWarnings("unchecked")
			BiFunction<String, Object, String> steps = (BiFunction<String, Object, String>) constructor
				.newInstance(this.pool.connectionFactory());
			assertThat(steps).isNotInstanceOf(Steps.class);
			return steps.apply(step, argument);
		}
		catch (ReflectiveOperationException ex) {
			throw new AssertionError(ex);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { ZSTD, JACKSON })
	void needsNeitherForPlainAndGzippedDataAndForRows(String absent, @TempDir Path directory) {
		assertThat(run(absent, "csv", "1,a,1\n2,b,2\n")).isEqualTo("2");
		assertThat(count("items")).isEqualTo(2);
		assertThat(run(absent, "export and load", directory.resolve("data.csv.gz"))).isEqualTo("500 500");
		assertThat(run(absent, "rows", 300)).isEqualTo("300 300");
	}

	@Test
	void copiesJsonLinesIntoOneColumnWithoutJackson() {
		assertThat(run(JACKSON, "json column", "{\"a\": 1}\n[2]\n")).isEqualTo("2");
		assertThat(count("documents")).isEqualTo(3);
		assertThat(run(JACKSON, "staged json", "{\"id\": 3, \"name\": \"c\"}\n")).isEqualTo("1");
		assertThat(value("SELECT id || name FROM items")).isEqualTo("3c");
		assertThat(run(JACKSON, "read json", Map.class)).contains("{\"id\": 7}");
	}

	@Test
	void asksForJackson() {
		for (String step : List.of("json keys", "write json", "read json")) {
			Object argument = step.equals("read json") ? "record" : "{\"id\": 3, \"name\": \"c\"}\n";
			assertThat(run(JACKSON, step, argument)).as(step).contains("tools.jackson.core:jackson-databind");
		}
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	@Test
	void asksForZstd(@TempDir Path directory) {
		assertThat(run(ZSTD, "export and load", directory.resolve("data.csv.zst")))
			.contains("com.github.luben:zstd-jni");
		assertThat(directory).isEmptyDirectory();
		assertThat(run(ZSTD, "zstd", "x")).contains("com.github.luben:zstd-jni");
		assertThat(run(ZSTD, "staged zstd", "x")).contains("com.github.luben:zstd-jni");
		this.pool.assertUsable();
	}

	@Test
	void findsBothWhereTheyAre(@TempDir Path directory) {
		assertThat(run("no.such.library.", "export and load", directory.resolve("data.csv.zst"))).isEqualTo("500 500");
		assertThat(run("no.such.library.", "json keys", "{\"id\": 3, \"name\": \"c\"}\n")).isEqualTo("1");
		assertThat(run("no.such.library.", "read json", "record")).contains("Document[id=7]");
	}

	/**
	 * What an application does. It is loaded by the loader without the library, and knows
	 * nothing of the test but through classes of the JDK and of R2DBC.
	 */
	static final class Steps implements BiFunction<String, Object, String> {

		private static final Duration TIMEOUT = Duration.ofSeconds(40);

		private final BulkCopyService copy;

		Steps(ConnectionFactory connectionFactory) {
			this.copy = BulkCopyService.create(connectionFactory);
		}

		@Override
		public String apply(String step, Object argument) {
			try {
				return Flux.from(step(step, argument))
					.map(String::valueOf)
					.collectList()
					.map((results) -> String.join(" ", results))
					.block(TIMEOUT);
			}
			catch (RuntimeException ex) {
				return String.valueOf(ex.getMessage());
			}
		}

		private Publisher<?> step(String step, Object argument) {
			return switch (step) {
				case "csv" -> this.copy.copyIn("items").from(content(argument)).map(CopyResult::rows);
				case "zstd" -> this.copy.copyIn("items").compression(Compression.ZSTD).from(content(argument));
				case "staged zstd" ->
					this.copy.load("items").merge(Merge.update()).compression(Compression.ZSTD).from(content(argument));
				case "export and load" -> this.copy.copyOutQuery("SELECT i, 'x', 1 FROM generate_series(10, 509) i")
					.to((Path) argument)
					.map(CopyResult::rows)
					.concatWith(this.copy.copyIn("items").from((Path) argument).map(CopyResult::rows));
				case "rows" -> this.copy.copyIn("items")
					.fromMaps(Flux.range(1000, (Integer) argument).map((i) -> Map.of("id", i)))
					.map(CopyResult::rows)
					.concatWith(this.copy.copyOutQuery("SELECT * FROM items WHERE id >= $1")
						.bind("$1", 1000)
						.maps()
						.count());
				case "json column" -> this.copy.copyIn("documents")
					.format(CopyFormat.jsonLines())
					.from(content(argument))
					.map(CopyResult::rows);
				case "staged json" -> this.copy.load("items")
					.columns("id", "name")
					.format(CopyFormat.jsonLines())
					.merge(Merge.update())
					.from(content(argument))
					.map(LoadReport::inserted);
				case "json keys" -> this.copy.copyIn("items")
					.format(CopyFormat.jsonLines())
					.from(content(argument))
					.map(CopyResult::rows);
				case "write json" ->
					this.copy.copyIn("documents").fromMaps(Flux.just(Map.of("data", Map.of("text", argument))));
				case "read json" -> argument.equals("record") ? this.copy.copyOut("documents").objects(Row.class)
						: this.copy.copyOut("documents").maps();
				default -> throw new IllegalArgumentException(step);
			};
		}

		private static Flux<DataBuffer> content(Object text) {
			return Flux
				.just(DefaultDataBufferFactory.sharedInstance.wrap(text.toString().getBytes(StandardCharsets.UTF_8)));
		}

		record Row(Document data) {
		}

		record Document(int id) {
		}

	}

	/**
	 * Loads the library, and this test, once more.
	 */
	private static final class WithoutLibrary extends ClassLoader {

		private final String absent;

		WithoutLibrary(String absent) {
			super(OptionalLibrariesIntegrationTests.class.getClassLoader());
			this.absent = absent;
		}

		@Override
		protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
			if (name.startsWith(this.absent)) {
				throw new ClassNotFoundException(name);
			}
			if (!name.startsWith("io.trunkline.")) {
				return super.loadClass(name, resolve);
			}
			synchronized (getClassLoadingLock(name)) {
				Class<?> loaded = findLoadedClass(name);
				return (loaded != null) ? loaded : define(name);
			}
		}

		private Class<?> define(String name) throws ClassNotFoundException {
			try (InputStream input = getResourceAsStream(name.replace('.', '/') + ".class")) {
				byte[] bytes = Objects.requireNonNull(input, name).readAllBytes();
				return defineClass(name, bytes, 0, bytes.length);
			}
			catch (IOException ex) {
				throw new ClassNotFoundException(name, ex);
			}
		}

	}

}
