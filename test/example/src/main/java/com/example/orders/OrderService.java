package com.example.orders;

import java.util.Map;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Takes orders, whole or not at all.
 */
@Service
public class OrderService {

	private final OrderRepository orders;

	private final OrderLineRepository lines;

	private final Warehouse warehouse;

	OrderService(OrderRepository orders, OrderLineRepository lines, Warehouse warehouse) {
		this.orders = orders;
		this.lines = lines;
		this.warehouse = warehouse;
	}

	@Transactional
	public Mono<Order> place(String customer, Map<String, Integer> quantities) {
		return this.orders.save(new Order(null, customer))
			.flatMap((order) -> Flux.fromIterable(quantities.entrySet())
				.concatMap((line) -> this.lines.save(new OrderLine(null, order.id(), line.getKey(), line.getValue()))
					.then(this.warehouse.take(line.getKey(), line.getValue())))
				.then(Mono.just(order)));
	}

	@Transactional(readOnly = true)
	public Flux<Order> of(String customer) {
		return this.orders.findByCustomer(customer);
	}

}
