package io.trunkline.copy;

import java.util.function.Function;

import io.micrometer.common.KeyValues;
import io.micrometer.observation.ObservationRegistry;
import io.trunkline.connection.OperationContext;
import io.trunkline.connection.OperationObservations;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.schema.SchemaCatalog;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * What all copies of a service share.
 *
 * @param connections where the connections come from
 * @param catalog tells the columns of tables
 * @param mapping makes columns of objects
 * @param observationRegistry where operations are observed
 * @param frameSize the size of frames in bytes
 * @param chunkSize the size of the chunks of a parallel load in bytes
 */
record CopySettings(PostgresConnections connections, SchemaCatalog catalog, RowMapping mapping,
		ObservationRegistry observationRegistry, int frameSize, int chunkSize) {

	<T> Flux<T> observe(String direction, String table, CopyFormat format,
			Function<OperationContext, ? extends Publisher<T>> work) {
		return OperationObservations.create(this.observationRegistry)
			.observe("trunkline.copy." + direction, KeyValues.of("table", table, "format", format.toString()), work);
	}

}
