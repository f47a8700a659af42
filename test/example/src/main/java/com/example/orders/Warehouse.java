package com.example.orders;

import reactor.core.publisher.Mono;

import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;

/**
 * Knows how much there is of each product.
 */
@Component
public class Warehouse {

	private final DatabaseClient client;

	Warehouse(DatabaseClient client) {
		this.client = client;
	}

	Mono<Void> take(String sku, int quantity) {
		return this.client.sql("UPDATE product SET stock = stock - :quantity WHERE sku = :sku AND stock >= :quantity")
			.bind("sku", sku)
			.bind("quantity", quantity)
			.fetch()
			.rowsUpdated()
			.flatMap((taken) -> (taken == 1) ? Mono.empty() : Mono.error(new OutOfStockException(sku)));
	}

	Mono<Integer> stock(String sku) {
		return this.client.sql("SELECT stock FROM product WHERE sku = :sku")
			.bind("sku", sku)
			.map((row) -> row.get("stock", Integer.class))
			.one();
	}

}
