package com.example.orders;

import org.springframework.data.repository.reactive.ReactiveCrudRepository;

/**
 * The lines of orders.
 */
public interface OrderLineRepository extends ReactiveCrudRepository<OrderLine, Long> {

}
