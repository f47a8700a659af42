package io.trunkline.embedded.testing;

import java.util.List;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import reactor.core.publisher.Flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

/**
 * Tests of {@link FailingLeakDetector} and {@link LeakCheckExtension}.
 */
class FailingLeakDetectorTests {

	@Test
	void reportsALeakedBufferWithTheStackThatAllocatedIt() {
		leak(ByteBufAllocator.DEFAULT);
		assertThat(FailingLeakDetector.takeReports()).singleElement().asString().contains("LEAK", getClass().getName());
	}

	@Test
	void reportsPooledAndUnpooledBuffers() {
		leak(PooledByteBufAllocator.DEFAULT);
		leak(UnpooledByteBufAllocator.DEFAULT);
		assertThat(FailingLeakDetector.takeReports()).hasSize(2);
	}

	@Test
	void reportsNothingForAReleasedBuffer() {
		ByteBufAllocator.DEFAULT.buffer(16).release();
		assertThat(FailingLeakDetector.takeReports()).isEmpty();
	}

	@Test
	void failsAClassThatLeaksThoughItsTestsPass() {
		EngineExecutionResults results = run(Leaking.class);
		results.testEvents().assertStatistics((statistics) -> statistics.succeeded(1).failed(0));
		assertThat(results.containerEvents().failed().list()).singleElement()
			.satisfies((event) -> assertThat(event.getRequiredPayload(TestExecutionResult.class))
				.extracting((result) -> result.getThrowable().orElseThrow().getMessage())
				.asString()
				.contains("1 leaked or over-released buffer(s) found after " + Leaking.class.getName()));
	}

	@Test
	void failsAClassWhoseHookReleasesTooOften() {
		EngineExecutionResults results = run(OverReleasing.class);
		results.testEvents().assertStatistics((statistics) -> statistics.succeeded(1).failed(0));
		assertThat(results.containerEvents().failed().list()).singleElement()
			.satisfies((event) -> assertThat(event.getRequiredPayload(TestExecutionResult.class))
				.extracting((result) -> result.getThrowable().orElseThrow().getMessage())
				.asString()
				.contains("OVER-RELEASE", getClass().getName()));
	}

	@Test
	void findsTheLeakOfANestedClass() {
		EngineExecutionResults results = run(LeakingInside.class);
		assertThat(results.containerEvents().failed().list()).singleElement()
			.satisfies((event) -> assertThat(event.getTestDescriptor().getDisplayName()).contains("LeakingInside"));
	}

	private static EngineExecutionResults run(Class<?> testClass) {
		return EngineTestKit.engine("junit-jupiter")
			.configurationParameter("junit.jupiter.extensions.autodetection.enabled", "true")
			.selectors(selectClass(testClass))
			.execute();
	}

	private static void leak(ByteBufAllocator allocator) {
		ByteBuf buffer = allocator.buffer(16);
		buffer.writeByte(1);
	}

	static class Leaking {

		@Test
		void leaks() {
			leak(ByteBufAllocator.DEFAULT);
		}

	}

	static class OverReleasing {

		@Test
		void releasesTwice() {
			Flux<Integer> numbers = Flux.just(ByteBufAllocator.DEFAULT.buffer(16))
				.concatMapIterable(OverReleasing::refuse)
				.doOnDiscard(ByteBuf.class, ByteBuf::release);
			assertThatIllegalStateException().isThrownBy(numbers::blockFirst);
		}

		private static List<Integer> refuse(ByteBuf buffer) {
			buffer.release();
			throw new IllegalStateException("refused");
		}

	}

	static class LeakingInside {

		@Nested
		class Inner {

			@Test
			void leaks() {
				leak(ByteBufAllocator.DEFAULT);
			}

		}

	}

}
