package io.trunkline.benchmarks;

import java.time.Instant;
import java.util.List;

import org.springframework.data.annotation.Id;
import org.springframework.data.r2dbc.core.R2dbcEntityTemplate;
import org.springframework.data.r2dbc.repository.support.R2dbcRepositoryFactory;
import org.springframework.data.relational.core.mapping.Table;
import org.springframework.data.repository.reactive.ReactiveCrudRepository;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.transaction.reactive.TransactionalOperator;

/**
 * Saves rows by a repository of Spring Data, in one transaction. It takes entities with a
 * key for rows that are there, so all of them have to be.
 */
final class SpringDataUpserts {

	private final List<Keyed> entities;

	private final KeyedRepository repository;

	private final TransactionalOperator transaction;

	SpringDataUpserts(R2dbcClient client, List<Measurement> rows) {
		this.entities = rows.stream()
			.map((row) -> new Keyed(row.id(), row.name(), row.value(), row.takenAt()))
			.toList();
		this.repository = new R2dbcRepositoryFactory(new R2dbcEntityTemplate(client.connectionFactory()))
			.getRepository(KeyedRepository.class);
		this.transaction = TransactionalOperator.create(new R2dbcTransactionManager(client.connectionFactory()));
	}

	void saveAll() {
		this.transaction.transactional(this.repository.saveAll(this.entities)).blockLast();
	}

	/**
	 * The row as an entity.
	 *
	 * @param id the key
	 * @param name a text
	 * @param value a number
	 * @param takenAt a time
	 */
	@Table("keyed")
	record Keyed(@Id Long id, String name, double value, Instant takenAt) {

	}

	/**
	 * Its repository.
	 */
	interface KeyedRepository extends ReactiveCrudRepository<Keyed, Long> {

	}

}
