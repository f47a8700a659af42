package io.trunkline.connection;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.test.StepVerifier;

import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(40)
class StatementGateTests {

	private final List<String> order = new CopyOnWriteArrayList<>();

	private final StatementGate gate = new StatementGate(null);

	private final StatementGate inner = new StatementGate(this.gate);

	@Test
	void letsStatementsPassUntilItIsClosed() {
		StepVerifier.create(this.gate.pass(Flux.just(1, 2))).expectNext(1, 2).verifyComplete();
		StepVerifier.create(this.gate.close()).verifyComplete();
		StepVerifier.create(this.gate.pass(statement("late")))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(InvalidDataAccessApiUsageException.class)
				.hasMessageContaining("has been rolled back"))
			.verify();
		assertThat(this.order).isEmpty();
	}

	@Test
	void closesBehindTheStatementThatIsPassing() {
		this.gate.pass(queued("statement", () -> this.gate.close().subscribe(null, null, () -> this.order.add("end"))))
			.blockLast();
		assertThat(this.order).containsExactly("statement", "end");
	}

	@Test
	void closesBehindTheStatementThatPassesAnInnerGate() {
		this.inner
			.pass(queued("statement", () -> this.gate.close().subscribe(null, null, () -> this.order.add("rollback"))))
			.blockLast();
		assertThat(this.order).containsExactly("statement", "rollback");
	}

	@Test
	void letsNothingPassInsideAGateThatIsClosed() {
		this.gate.close().block();
		StepVerifier.create(this.inner.pass(statement("late")))
			.expectError(InvalidDataAccessApiUsageException.class)
			.verify();
		assertThat(this.order).isEmpty();
	}

	@Test
	void endsASavepointBehindTheStatementThatPassesOnTheSameThread() {
		this.inner.pass(queued("statement", () -> end().subscribe())).blockLast();
		assertThat(this.order).containsExactly("statement", "end");
	}

	@Test
	void returnsWhenTheEndOfASavepointIsBehindTheStatementThatPassesOnAnotherThread() {
		CompletableFuture<Void> cancellation = new CompletableFuture<>();
		this.inner.pass(queued("statement", () -> {
			cancellation.completeAsync(() -> {
				end().subscribe();
				this.order.add("next statement of the caller");
				return null;
			});
			while (isOpen(this.inner)) {
				Thread.yield();
			}
		})).blockLast();
		cancellation.join();
		assertThat(this.order).containsExactly("statement", "end", "next statement of the caller");
	}

	@Test
	void doesNotEndASavepointThatWasNotSet() {
		end().block();
		assertThat(this.order).isEmpty();
		assertThat(isOpen(this.inner)).isFalse();
	}

	@Test
	void doesNotEndASavepointOfATransactionThatHasEnded() {
		this.inner.pass(statement("savepoint")).blockLast();
		this.gate.close().block();
		end().block();
		assertThat(this.order).containsExactly("savepoint");
	}

	private Mono<Void> end() {
		return this.inner.end(() -> statement("end").then());
	}

	private static boolean isOpen(StatementGate gate) {
		return Boolean.TRUE.equals(gate.pass(Flux.just(true)).onErrorReturn(false).blockLast());
	}

	private Flux<Integer> statement(String name) {
		return queued(name, () -> {
		});
	}

	/**
	 * A statement during whose subscription something happens before it is queued.
	 */
	private Flux<Integer> queued(String name, Runnable meanwhile) {
		return Flux.from((subscriber) -> {
			meanwhile.run();
			this.order.add(name);
			Operators.complete(subscriber);
		});
	}

}
