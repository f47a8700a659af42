package io.trunkline.largeobject.web;

import java.nio.charset.StandardCharsets;

import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;

/**
 * Tests of {@link ExactLength}. Its buffers count towards the leak check.
 */
class ExactLengthTests {

	private final NettyDataBufferFactory factory = new NettyDataBufferFactory(ByteBufAllocator.DEFAULT);

	@Test
	void passesContentOfTheAnnouncedLength() {
		StepVerifier.create(text(exact(Flux.just("ab", "c", "def"), 6))).expectNext("ab", "c", "def").verifyComplete();
	}

	@Test
	void passesEmptyContent() {
		StepVerifier.create(text(exact(Flux.empty(), 0))).verifyComplete();
	}

	@Test
	void failsBeforeTheLastBufferOfShortContent() {
		StepVerifier.create(text(exact(Flux.just("ab", "c"), 6))).expectNext("ab").verifyErrorMessage("mismatch");
		StepVerifier.create(text(exact(Flux.empty(), 1))).verifyErrorMessage("mismatch");
	}

	@Test
	void failsBeforeTheAnnouncedLengthOfLongContent() {
		StepVerifier.create(text(exact(Flux.just("ab", "cdef", "g"), 6)))
			.expectNext("ab")
			.verifyErrorMessage("mismatch");
		StepVerifier.create(text(exact(Flux.just("g"), 0))).verifyErrorMessage("mismatch");
	}

	@Test
	void releasesWhatItHoldsWhenCancelled() {
		StepVerifier.create(text(exact(Flux.just("ab", "c", "def"), 6)), 1).expectNext("ab").thenCancel().verify();
		StepVerifier.create(text(exact(Flux.just("ab"), 2)), 0).thenCancel().verify();
	}

	@Test
	void releasesWhatItHoldsWhenTheContentFails() {
		StepVerifier.create(text(exact(Flux.just("ab", "c").concatWith(Flux.error(new RuntimeException("lost"))), 6)))
			.expectNext("ab")
			.verifyErrorMessage("lost");
	}

	@Test
	void releasesABufferThatComesAfterTheCancellation() {
		TestPublisher<DataBuffer> source = TestPublisher
			.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
		StepVerifier.create(ExactLength.of(source.flux(), 6, () -> new RuntimeException("mismatch")))
			.then(() -> source.next(buffer("ab")))
			.thenCancel()
			.verify();
		source.next(buffer("late"));
	}

	private Flux<DataBuffer> exact(Flux<String> content, long length) {
		return ExactLength.of(content.map(this::buffer), length, () -> new RuntimeException("mismatch"));
	}

	private DataBuffer buffer(String text) {
		return this.factory.allocateBuffer(16).write(text, StandardCharsets.UTF_8);
	}

	private static Flux<String> text(Flux<DataBuffer> content) {
		return content.map((buffer) -> {
			String text = buffer.toString(StandardCharsets.UTF_8);
			DataBufferUtils.release(buffer);
			return text;
		});
	}

}
