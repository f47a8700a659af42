package io.trunkline.copy;

import java.util.ArrayList;
import java.util.List;

import io.trunkline.connection.PostgresConnections;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * Default implementation of {@link LoadScript}.
 */
final class DefaultLoadScript implements LoadScript {

	private final PostgresConnections connections;

	private final List<Mono<LoadReport>> loads;

	private final boolean committingEach;

	DefaultLoadScript(PostgresConnections connections, List<Mono<LoadReport>> loads, boolean committingEach) {
		this.connections = connections;
		this.loads = loads;
		this.committingEach = committingEach;
	}

	@Override
	public LoadScript load(Mono<LoadReport> load) {
		Assert.notNull(load, "'load' must not be null");
		List<Mono<LoadReport>> loads = new ArrayList<>(this.loads);
		loads.add(load);
		return new DefaultLoadScript(this.connections, loads, this.committingEach);
	}

	@Override
	public LoadScript committingEach() {
		return new DefaultLoadScript(this.connections, this.loads, true);
	}

	@Override
	public Mono<List<LoadReport>> run() {
		if (!this.committingEach) {
			return this.connections.inTransaction((connection) -> Flux.concat(this.loads).collectList())
				.singleOrEmpty();
		}
		return this.connections.isTransactionActive().flatMap((active) -> {
			if (active) {
				throw new InvalidDataAccessApiUsageException(
						"'committingEach' does not go with a transaction: run the script outside it");
			}
			List<LoadReport> committed = new ArrayList<>();
			return Flux.concat(this.loads)
				.doOnNext(committed::add)
				.onErrorMap((ex) -> committed.isEmpty() ? ex : new PartialLoadException(committed, ex))
				.then(Mono.fromSupplier(() -> List.copyOf(committed)));
		});
	}

}
