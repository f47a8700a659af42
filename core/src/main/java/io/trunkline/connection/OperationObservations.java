package io.trunkline.connection;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

import org.springframework.util.Assert;

/**
 * Observes operations: one {@link Observation} for each subscription, started when it is
 * subscribed to and stopped when it ends. Its parent is the observation in the Reactor
 * context, and it is the parent of what runs inside.
 * <p>
 * The low-cardinality key {@code outcome} is {@code success}, {@code error} or
 * {@code cancelled}.
 *
 * @since 0.1.0
 */
public final class OperationObservations {

	private static final String OUTCOME = "outcome";

	private final ObservationRegistry registry;

	private OperationObservations(ObservationRegistry registry) {
		this.registry = registry;
	}

	/**
	 * Create an instance that reports to a registry.
	 * @param registry the registry, {@link ObservationRegistry#NOOP} for none
	 * @return a new instance
	 */
	public static OperationObservations create(ObservationRegistry registry) {
		Assert.notNull(registry, "'registry' must not be null");
		return new OperationObservations(registry);
	}

	/**
	 * Observe an operation.
	 * @param name the name, such as {@code trunkline.largeobject.read}
	 * @param operation makes the operation; called once for each subscription
	 * @param <T> the type of the results
	 * @return the observed operation
	 */
	public <T> Flux<T> observe(String name, Function<OperationContext, ? extends Publisher<T>> operation) {
		return observe(name, KeyValues.empty(), operation);
	}

	/**
	 * Observe an operation that has low-cardinality key values of its own.
	 * @param name the name, such as {@code trunkline.copy.in}
	 * @param keyValues the key values, besides {@code outcome}; the same keys for all
	 * operations of one name
	 * @param operation makes the operation; called once for each subscription
	 * @param <T> the type of the results
	 * @return the observed operation
	 */
	public <T> Flux<T> observe(String name, KeyValues keyValues,
			Function<OperationContext, ? extends Publisher<T>> operation) {
		return Flux.deferContextual((view) -> {
			OperationContext context = new OperationContext();
			Observation observation = Observation.createNotStarted(name, () -> context, this.registry);
			Observation parent = view.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
			if (parent != null) {
				observation.parentObservation(parent);
			}
			observation.lowCardinalityKeyValues(keyValues).start();
			AtomicBoolean stopped = new AtomicBoolean();
			return Flux.from(operation.apply(context))
				.doOnComplete(() -> stop(observation, stopped, "success"))
				.doOnError((ex) -> {
					observation.error(ex);
					stop(observation, stopped, "error");
				})
				.doOnCancel(() -> stop(observation, stopped, "cancelled"))
				.contextWrite((downstream) -> downstream.put(ObservationThreadLocalAccessor.KEY, observation));
		});
	}

	private static void stop(Observation observation, AtomicBoolean stopped, String outcome) {
		if (stopped.compareAndSet(false, true)) {
			observation.lowCardinalityKeyValue(KeyValue.of(OUTCOME, outcome)).stop();
		}
	}

}
