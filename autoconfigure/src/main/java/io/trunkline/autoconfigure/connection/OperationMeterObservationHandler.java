package io.trunkline.autoconfigure.connection;

import io.micrometer.common.KeyValue;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.trunkline.connection.OperationContext;

/**
 * Counts the bytes and items of each operation in meters named after its observation:
 * {@code trunkline.largeobject.read.bytes} and the like, with the key {@code outcome}.
 *
 * @since 0.1.0
 */
public class OperationMeterObservationHandler implements ObservationHandler<OperationContext> {

	private final MeterRegistry meterRegistry;

	/**
	 * Create a handler.
	 * @param meterRegistry where to count
	 */
	public OperationMeterObservationHandler(MeterRegistry meterRegistry) {
		this.meterRegistry = meterRegistry;
	}

	@Override
	public boolean supportsContext(Observation.Context context) {
		return context instanceof OperationContext;
	}

	@Override
	public void onStop(OperationContext context) {
		count(context, "bytes", context.getBytes());
		count(context, "items", context.getItems());
	}

	private void count(OperationContext context, String what, long amount) {
		if (amount > 0) {
			KeyValue outcome = context.getLowCardinalityKeyValue("outcome");
			this.meterRegistry
				.counter(context.getName() + "." + what, "outcome",
						(outcome != null) ? outcome.getValue() : KeyValue.NONE_VALUE)
				.increment(amount);
		}
	}

}
