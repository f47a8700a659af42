package io.trunkline.largeobject;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

class LargeObjectFilesIntegrationTests extends LargeObjectFixture {

	@TempDir
	Path directory;

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2048, 65_536, 700_001 })
	void importsAndExportsAFile(int size) throws IOException {
		byte[] bytes = randomBytes(size);
		Path source = Files.write(this.directory.resolve("source"), bytes);
		List<TransferProgress> progress = new ArrayList<>();
		LargeObjectTransfer imported = get(
				this.template.importFrom(source, TransferOptions.defaults().withSha256().withProgress(progress::add)));
		assertThat(imported.bytes()).isEqualTo(size);
		assertThat(imported.sha256()).as("seed %d", this.seed).isEqualTo(sha256(bytes));
		if (size > 0) {
			assertThat(progress).last().isEqualTo(new TransferProgress(size, (long) size));
		}
		Path target = this.directory.resolve("target");
		LargeObjectTransfer exported = get(
				this.template.exportTo(imported.oid(), target, TransferOptions.defaults().withSha256()));
		assertThat(exported.sha256()).isEqualTo(imported.sha256());
		assertThat(exported.oid()).isEqualTo(imported.oid());
		assertThat(target).hasBinaryContent(bytes);
		assertThat(files()).containsExactlyInAnyOrder("source", "target");
	}

	@Test
	void replacesTheTarget() throws IOException {
		byte[] bytes = randomBytes(10_000);
		Path target = Files.writeString(this.directory.resolve("target"), "old".repeat(10_000));
		run(this.template.exportTo(written(bytes), target));
		assertThat(target).hasBinaryContent(bytes);
	}

	@Test
	void leavesTheTargetAsItWasWhenTheExportFails() throws IOException {
		Path target = Files.writeString(this.directory.resolve("target"), "old");
		failure(LargeObjectNotFoundException.class, this.template.exportTo(MISSING, target));
		assertThat(target).hasContent("old");
		failure(IllegalStateException.class, this.template.exportTo(written(randomBytes(500_000)), target,
				TransferOptions.defaults().withProgress((progress) -> {
					if (progress.bytes() > 200_000) {
						throw new IllegalStateException("enough");
					}
				})));
		assertThat(target).hasContent("old");
		assertThat(files()).containsExactly("target");
		this.pool.assertUsable();
	}

	@Test
	void leavesTheTargetAsItWasWhenTheExportIsCancelled() throws IOException {
		Path target = Files.writeString(this.directory.resolve("target"), "old");
		long oid = written(randomBytes(2_000_000));
		for (int round = 0; round < 10; round++) {
			long point = 1 + this.random.nextInt(1_900_000);
			CountDownLatch passed = new CountDownLatch(1);
			CountDownLatch left = new CountDownLatch(1);
			Mono<?> export = this.template.exportTo(oid, target, TransferOptions.defaults().withProgress((progress) -> {
				if (progress.bytes() >= point) {
					passed.countDown();
					await(left);
				}
			})).doFinally((signal) -> left.countDown());
			Abandoned.when(export, 1, (outcome) -> fail("It was over before it was left"), (received) -> await(passed))
				.block(TestPool.TIMEOUT);
			this.pool.assertUsable();
			TestPool.await("the part is gone", () -> files().equals(List.of("target")));
			assertThat(target).hasContent("old");
		}
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(TestPool.TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Test
	void reportsAFileOrDirectoryThatIsMissing() {
		failure(NoSuchFileCause.class, this.template.importFrom(this.directory.resolve("missing"))
			.onErrorMap(NoSuchFileException.class, NoSuchFileCause::new));
		failure(NoSuchFileCause.class,
				this.template.exportTo(written(randomBytes(10)), this.directory.resolve("missing/target"))
					.onErrorMap(NoSuchFileException.class, NoSuchFileCause::new));
		assertThat(objects()).isOne();
		this.pool.assertUsable();
	}

	private List<String> files() {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.map((file) -> file.getFileName().toString()).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static final class NoSuchFileCause extends RuntimeException {

		private static final long serialVersionUID = 1L;

		NoSuchFileCause(Throwable cause) {
			super(cause);
		}

	}

}
