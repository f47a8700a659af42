package io.trunkline.copy;

import java.util.List;

import reactor.core.publisher.Mono;

/**
 * Several loads, one after the other. Immutable: every method returns a new one.
 *
 * @since 0.1.0
 */
public interface LoadScript {

	/**
	 * Append a load.
	 * @param load what {@link LoadSpec#from} and its like return
	 */
	LoadScript load(Mono<LoadReport> load);

	/**
	 * Commit each load by itself. When one fails, those before it stay; a
	 * {@link PartialLoadException} has their reports. Not inside a transaction.
	 */
	LoadScript committingEach();

	/**
	 * Run the loads: in one transaction, a savepoint of the caller's where there is one,
	 * so that all of them load or none.
	 * @return a report for each, in their order
	 */
	Mono<List<LoadReport>> run();

}
