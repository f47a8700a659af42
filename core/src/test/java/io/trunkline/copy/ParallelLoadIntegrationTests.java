package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.List;

import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;

class ParallelLoadIntegrationTests extends BulkCopyFixture {

	private TestPool three;

	private CopyInSpec load;

	@BeforeEach
	void createLargerPool() {
		this.three = TestPool.of(3, this.database);
		this.load = service(this.three).copyIn("items").parallel(3);
	}

	@AfterEach
	void closeLargerPool() {
		this.three.awaitGivenBack();
		this.three.close();
	}

	@Test
	void cutsCsvBetweenItsRecords() {
		for (String lineEnd : List.of("\n", "\r\n", "\r")) {
			sql("TRUNCATE items");
			// So many that even batches of nearly two frames are more than 50.
			String csv = items(1, 3000).replace("\n", lineEnd);
			assertThat(get(this.load.columnsFromHeader().from(content("id,name,price" + lineEnd + csv))).rows())
				.isEqualTo(3000);
			assertThat(value("SELECT count(DISTINCT xmin::text) > 50 FROM items")).as("seed %d", this.seed)
				.isEqualTo("true");
			if (lineEnd.equals("\n")) {
				assertItems(3000);
			}
			assertThat(value("SELECT sum(id) FROM items")).isEqualTo("4501500");
		}
	}

	@Test
	void cutsTextAndBinary() {
		sql("CREATE TABLE source AS SELECT i AS id, repeat(E'\\\\\\n', i % 50) AS name, i::numeric AS price"
				+ " FROM generate_series(1, 3000) i");
		for (CopyFormat format : List.of(CopyFormat.text(), CopyFormat.binary())) {
			sql("TRUNCATE items");
			byte[] data = bytes(this.copy.copyOut("source").format(format).data());
			assertThat(get(this.load.format(format).from(content(data))).rows()).isEqualTo(3000);
			assertThat(value("SELECT count(*) FROM items NATURAL JOIN source")).isEqualTo("3000");
			assertThat(value("SELECT count(DISTINCT xmin::text) > 10 FROM items")).isEqualTo("true");
		}
	}

	@Test
	void tellsWhatWasCommitted() {
		String csv = items(1, 1000) + "x,bad,\n" + items(1001, 1000);
		PartialCopyException failure = failure(PartialCopyException.class, this.load.from(content(csv)));
		// 3 lines a record are 2 line ends.
		assertThat(failure.getCause()).isInstanceOfSatisfying(CopyDataException.class,
				(ex) -> assertThat(ex.getLocation()).isEqualTo(new CopyLocation(2001, "id")));
		assertThat(failure.getCommitted()).isNotEmpty().allMatch((chunk) -> chunk.records() == chunk.rows());
		assertThat(failure.getCommitted().stream().mapToLong(PartialCopyException.Chunk::rows).sum())
			.isEqualTo(count("items"));
		for (PartialCopyException.Chunk chunk : failure.getCommitted()) {
			long last = chunk.firstRecord() + chunk.records() - 1;
			long shift = (chunk.firstRecord() > 1001) ? 1 : 0;
			assertThat(this.pool.sideNumber("SELECT count(*) FROM items WHERE id BETWEEN ? AND ?",
					chunk.firstRecord() - shift, last - shift))
				.isEqualTo(chunk.records());
		}
		assertThat(count("items")).isLessThan(2000);
	}

	@Test
	void reportsTheErrorItselfWhereNothingWasCommitted() {
		failure(CopyDataException.class, this.load.from(content("x,bad,1\n")));
		assertThat(count("items")).isZero();
	}

	@Test
	void refusesATransactionAndAnEncodingThatCannotBeCut() {
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				this.three.within(true, this.load.from(content(items(1, 10))))))
			.hasMessageContaining("transaction");
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				Flux.defer(() -> this.load.format(CopyFormat.text().encoding("SJIS")).from(Flux.empty()))))
			.hasMessageContaining("SJIS");
	}

	@Test
	void endsWithTheErrorOfTheSource() {
		IllegalStateException broken = new IllegalStateException("broken off");
		Throwable failure = failure(Throwable.class,
				this.load.from(content(items(1, 500).getBytes(StandardCharsets.UTF_8)).concatWith(Flux.error(broken))));
		assertThat(failure).isInstanceOf(PartialCopyException.class).hasCause(broken);
	}

}
