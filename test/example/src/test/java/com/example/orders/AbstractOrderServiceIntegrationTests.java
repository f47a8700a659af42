package com.example.orders;

import java.util.Map;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

/**
 * Tests that need the database as the migrations left it.
 */
@SpringBootTest
abstract class AbstractOrderServiceIntegrationTests {

	@Autowired
	private OrderService service;

	@Autowired
	private OrderRepository orders;

	@Autowired
	private OrderLineRepository lines;

	@Autowired
	private Warehouse warehouse;

	@RepeatedTest(2)
	void anOrderTakesFromTheStock() {
		StepVerifier.create(this.service.place("ada", Map.of("lamp", 4, "chair", 1)))
			.expectNextCount(1)
			.verifyComplete();
		StepVerifier.create(this.warehouse.stock("lamp")).expectNext(6).verifyComplete();
		StepVerifier.create(this.warehouse.stock("chair")).expectNext(0).verifyComplete();
		StepVerifier.create(this.lines.count()).expectNext(2L).verifyComplete();
	}

	@Test
	void anOrderThatCannotBeServedLeavesNothing() {
		StepVerifier.create(this.service.place("ada", Map.of("lamp", 11))).verifyError(OutOfStockException.class);
		StepVerifier.create(this.orders.count()).expectNext(0L).verifyComplete();
		StepVerifier.create(this.warehouse.stock("lamp")).expectNext(10).verifyComplete();
	}

	@RepeatedTest(2)
	void theLastChairIsSoldOnce() {
		StepVerifier
			.create(Flux.range(0, 8)
				.flatMap((i) -> this.service.place("customer " + i, Map.of("chair", 1))
					.onErrorComplete(OutOfStockException.class))
				.count())
			.expectNext(1L)
			.verifyComplete();
		StepVerifier.create(this.orders.count()).expectNext(1L).verifyComplete();
	}

	@Test
	void ordersAreFoundByCustomer() {
		this.service.place("ada", Map.of("lamp", 1)).then(this.service.place("bob", Map.of("lamp", 1))).block();
		StepVerifier.create(this.service.of("ada").map(Order::customer)).expectNext("ada").verifyComplete();
	}

}
