package io.trunkline.copy;

import java.io.OutputStream;
import java.util.List;
import java.util.Map;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

import org.springframework.dao.DataAccessException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a copy leaves in the log at INFO.
 */
class CopyLogIntegrationTests extends BulkCopyFixture {

	private static final int LARGE = 1_000_000;

	private static final String SECRET = "s3cret";

	private final Logger logger = (Logger) LoggerFactory.getLogger("io.trunkline");

	private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

	@BeforeEach
	void attach() {
		this.appender.list.clear();
		this.appender.start();
		this.logger.addAppender(this.appender);
	}

	@AfterEach
	void detach() {
		this.logger.detachAppender(this.appender);
		assertThat(lines()).noneMatch((line) -> line.contains(SECRET));
	}

	private List<String> lines() {
		return List.copyOf(this.appender.list)
			.stream()
			.filter((event) -> event.getLevel().isGreaterOrEqual(Level.INFO))
			.map((event) -> event.getLevel() + " " + event.getLoggerName() + " " + event.getFormattedMessage()
					+ ((event.getThrowableProxy() != null) ? " " + event.getThrowableProxy().getMessage() : ""))
			.toList();
	}

	private void assertLine(String start, CopyResult result) {
		assertThat(lines()).singleElement()
			.asString()
			.matches("INFO " + BulkCopyService.class.getName() + " " + start + ": " + result.rows() + " rows, "
					+ result.bytes() + " bytes in \\d+ ms");
		this.appender.list.clear();
	}

	@Test
	void tellsRowsBytesAndDurationOfACopyOfManyRows() {
		sql("CREATE UNLOGGED TABLE flags (v text)");
		BulkCopyService service = BulkCopyService.create(this.pool.connectionFactory());
		Flux<Map<String, String>> rows = Flux.range(0, LARGE).map((i) -> Map.of("v", SECRET));
		CopyResult loaded = get(service.copyIn("flags").fromMaps(rows));
		assertThat(loaded.rows()).isEqualTo(LARGE);
		assertLine("Loaded into flags", loaded);
	}

	@Test
	void tellsRowsBytesAndDurationOfCopiesOfManyBytes() {
		sql("CREATE UNLOGGED TABLE texts (v text)",
				"INSERT INTO texts SELECT repeat('%s', 200000) FROM generate_series(1, 90)".formatted(SECRET));
		BulkCopyService service = BulkCopyService.create(this.pool.connectionFactory());
		CopyResult exported = get(service.copyOut("texts").to(OutputStream.nullOutputStream()));
		assertThat(exported.bytes()).isGreaterThan(100L * 1024 * 1024);
		assertLine("Exported texts", exported);
		assertThat(service.copyOutQuery("SELECT v FROM texts WHERE v <> :v")
			.bind("v", SECRET)
			.maps()
			.count()
			.block(TestPool.TIMEOUT)).isEqualTo(90);
		assertThat(lines()).singleElement()
			.asString()
			.matches("INFO \\S+ Exported a query: 90 rows, \\d{9} bytes in \\d+ ms");
	}

	@Test
	void saysNothingOfSmallCopies() {
		get(this.copy.copyIn("items").from(content("1," + SECRET + ",1\n")));
		assertThat(text(this.copy.copyOut("items").data())).contains(SECRET);
		assertThat(this.copy.copyOut("items").maps().count().block(TestPool.TIMEOUT)).isOne();
		// A copy of ten seconds is worth a line again.
		assertThat(lines()).allMatch((line) -> line.matches(".* in \\d{5,} ms"));
	}

	@Test
	void tellsTheCountsOfEachLoad() {
		sql("INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 2)");
		LoadReport report = get(this.copy.load("items")
			.merge(Merge.update())
			.reject(Rejects.upTo(5))
			.from(content("1,a,1\n2,%1$s,2\n3,%1$s,3\nx%1$s,y,4\n".formatted(SECRET))));
		assertThat(report.rejects()).hasSize(1);
		assertThat(lines()).singleElement()
			.asString()
			.matches("INFO " + BulkCopyService.class.getName() + " Load into items: 3 staged, 1 inserted, 1 updated,"
					+ " 1 unchanged, 0 skipped, 0 deleted, 1 rejected in \\d+ ms");
	}

	@Test
	void tellsNoValueOfWhatFails() {
		failure(DataAccessException.class, this.copy.copyIn("items").from(content("1,a,1\n2,b," + SECRET + "\n")));
		failure(DataAccessException.class,
				this.copy.copyIn("items").fromMaps(Flux.just(Map.of("id", 1), Map.of("id", SECRET))));
		failure(DataAccessException.class,
				this.copy.load("items").merge(Merge.update()).from(content("1,a,1\n2,b," + SECRET + "\n")));
		failure(DataAccessException.class,
				this.copy.copyOutQuery("SELECT CAST(:v AS integer)").bind("v", SECRET).maps());
		assertThat(lines()).isEmpty();
	}

}
