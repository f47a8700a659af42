package io.trunkline.test.app;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

@Service
public class ShopService {

	private final ItemRepository items;

	private final AuditService audit;

	ShopService(ItemRepository items, AuditService audit) {
		this.items = items;
		this.audit = audit;
	}

	@Transactional
	public Mono<Item> add(String name) {
		return this.items.save(new Item(null, name)).flatMap((item) -> this.audit.record(name).thenReturn(item));
	}

	@Transactional
	public Mono<Item> addAndFail(String name) {
		return add(name).then(Mono.error(new IllegalStateException("no " + name)));
	}

	@Transactional(readOnly = true)
	public Flux<Item> all() {
		return this.items.findAll();
	}

	/**
	 * Keeps its own transaction.
	 */
	@Service
	public static class AuditService {

		private final org.springframework.r2dbc.core.DatabaseClient client;

		AuditService(org.springframework.r2dbc.core.DatabaseClient client) {
			this.client = client;
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		public Mono<Long> record(String text) {
			return this.client.sql("INSERT INTO audit (line) VALUES (:text)").bind("text", text).fetch().rowsUpdated();
		}

	}

}
