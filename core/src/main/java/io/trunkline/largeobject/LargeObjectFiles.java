package io.trunkline.largeobject;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

/**
 * The file side of import and export. Calls that block run on the bounded elastic
 * scheduler.
 */
final class LargeObjectFiles {

	private static final int BUFFER_SIZE = 64 * 1024;

	private static final Log logger = LogFactory.getLog(LargeObjectFiles.class);

	private LargeObjectFiles() {
	}

	static Mono<Long> size(Path source) {
		return blocking(() -> Files.size(source));
	}

	static Flux<DataBuffer> read(Path source) {
		return DataBufferUtils.read(source, DefaultDataBufferFactory.sharedInstance, BUFFER_SIZE);
	}

	/**
	 * Write beside the target, and move the file to its place when the content is
	 * complete.
	 */
	static Mono<Void> write(Flux<DataBuffer> content, Path target) {
		Path absolute = target.toAbsolutePath();
		Mono<Path> part = blocking(
				() -> Files.createTempFile(absolute.getParent(), "." + absolute.getFileName(), ".part"));
		return Mono.usingWhen(part,
				(file) -> DataBufferUtils.write(content, file, StandardOpenOption.WRITE)
					.then(blocking(() -> move(file, absolute)))
					.then(),
				(file) -> Mono.empty(), (file, ex) -> delete(file), LargeObjectFiles::delete);
	}

	private static Path move(Path file, Path target) throws IOException {
		try {
			return Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
		}
		catch (AtomicMoveNotSupportedException ex) {
			return Files.move(file, target, StandardCopyOption.REPLACE_EXISTING);
		}
	}

	private static Mono<Void> delete(Path file) {
		return blocking(() -> Files.deleteIfExists(file)).onErrorResume((ex) -> {
			logger.warn("Could not delete the incomplete file " + file, ex);
			return Mono.empty();
		}).then();
	}

	private static <T> Mono<T> blocking(Callable<T> call) {
		return Mono.fromCallable(call).subscribeOn(Schedulers.boundedElastic());
	}

}
