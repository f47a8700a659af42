package io.trunkline.copy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import java.util.function.Function;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Files and streams, whose calls block: they run on the bounded elastic scheduler.
 */
final class CopyFiles {

	/**
	 * Frames to hold ready, so that the server need not wait for the disk.
	 */
	private static final int PREFETCH = 4;

	private static final Log logger = LogFactory.getLog(CopyFiles.class);

	private CopyFiles() {
	}

	/**
	 * Write beside the target, and move the file to its place when the content is
	 * complete.
	 */
	static Mono<Void> write(Flux<Chunk> content, Path target) {
		Path absolute = target.toAbsolutePath();
		Mono<PartFile> part = blocking(() -> PartFile.beside(absolute));
		return Mono.usingWhen(part,
				(file) -> write(content, file.output()).then(blocking(() -> file.moveTo(absolute))).then(),
				(file) -> Mono.empty(), (file, ex) -> delete(file), CopyFiles::delete);
	}

	/**
	 * Write to a stream and flush it. A write that a cancellation meets ends; none begins
	 * after it.
	 */
	static Mono<Void> write(Flux<Chunk> content, OutputStream target) {
		Mono<Void> written = untilCancelled(
				(calls) -> content.publishOn(Schedulers.boundedElastic(), PREFETCH).<Void>handle((chunk, sink) -> {
					try {
						calls.run(() -> {
							target.write(chunk.array(), chunk.offset(), chunk.length());
							return target;
						});
					}
					catch (Exception ex) {
						sink.error(ex);
					}
				}).then());
		return written.then(blocking(() -> {
			target.flush();
			return target;
		})).then();
	}

	private static Mono<Void> delete(PartFile file) {
		return blocking(() -> {
			file.delete();
			return file;
		}).onErrorResume((ex) -> {
			logger.warn("Could not delete the incomplete file " + file.path(), ex);
			return Mono.empty();
		}).then();
	}

	static <T> Mono<T> blocking(Callable<T> call) {
		return untilCancelled(
				(calls) -> Mono.fromCallable(() -> calls.run(call)).subscribeOn(Schedulers.boundedElastic()));
	}

	private static <T> Mono<T> untilCancelled(Function<Calls, Mono<T>> work) {
		return Mono.defer(() -> {
			Calls calls = new Calls();
			return work.apply(calls).doOnCancel(calls::cancel);
		});
	}

	/**
	 * Calls of one subscription. A cancellation interrupts the one that runs, whose
	 * failure is nobody's error then.
	 */
	private static final class Calls {

		private volatile boolean cancelled;

		void cancel() {
			this.cancelled = true;
		}

		<T> @Nullable T run(Callable<T> call) throws Exception {
			try {
				return call.call();
			}
			catch (Exception ex) {
				if (this.cancelled) {
					return null;
				}
				throw ex;
			}
		}

	}

	/**
	 * A file that is not complete yet.
	 *
	 * @param path where it is
	 * @param output writes to it; nothing any more when it is closed
	 */
	private record PartFile(Path path, GuardedOutput output) {

		static PartFile beside(Path target) throws IOException {
			Path path = Files.createTempFile(target.getParent(), "." + target.getFileName(), ".part");
			return new PartFile(path, new GuardedOutput(Files.newOutputStream(path)));
		}

		Path moveTo(Path target) throws IOException {
			this.output.close();
			try {
				return Files.move(this.path, target, StandardCopyOption.ATOMIC_MOVE);
			}
			catch (AtomicMoveNotSupportedException ex) {
				return Files.move(this.path, target, StandardCopyOption.REPLACE_EXISTING);
			}
		}

		void delete() throws IOException {
			this.output.close();
			Files.deleteIfExists(this.path);
		}

	}

	/**
	 * Lets a cancellation, which comes on another thread, close the file between two
	 * writes.
	 */
	private static final class GuardedOutput extends OutputStream {

		private final OutputStream target;

		private boolean closed;

		GuardedOutput(OutputStream target) {
			this.target = target;
		}

		@Override
		public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
			if (!this.closed) {
				this.target.write(bytes, offset, length);
			}
		}

		@Override
		public void write(int b) throws IOException {
			write(new byte[] { (byte) b }, 0, 1);
		}

		@Override
		public synchronized void close() throws IOException {
			this.closed = true;
			this.target.close();
		}

	}

}
