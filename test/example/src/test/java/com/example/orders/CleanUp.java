package com.example.orders;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.core.publisher.Flux;

import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * What had to be written, and kept in step with the tables, before the switch.
 */
class CleanUp implements AfterEachCallback {

	@Override
	public void afterEach(ExtensionContext context) {
		DatabaseClient client = SpringExtension.getApplicationContext(context).getBean(DatabaseClient.class);
		Flux.just("DELETE FROM order_line", "DELETE FROM orders", "DELETE FROM product",
				"INSERT INTO product VALUES ('lamp', 10), ('chair', 1)")
			.concatMap((sql) -> client.sql(sql).fetch().rowsUpdated())
			.blockLast();
	}

}
