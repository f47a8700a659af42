package com.example.orders;

import reactor.core.publisher.Flux;

import org.springframework.data.repository.reactive.ReactiveCrudRepository;

/**
 * The orders.
 */
public interface OrderRepository extends ReactiveCrudRepository<Order, Long> {

	Flux<Order> findByCustomer(String customer);

}
