package io.trunkline.notification;

import java.util.function.Function;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The events of some channels. Each subscription has a buffer of its own; what it does
 * not ask for in time is dropped, and an {@link NotificationEvent.Overflow} stands where
 * it would have been. It never ends by itself: lost connections are opened again.
 * <p>
 * Events are delivered by threads of the bus, one at a time and in the order in which
 * they came. A subscriber may block one of them for a while; one that does so for long
 * belongs on a scheduler of its own.
 *
 * @since 0.1.0
 */
public abstract class NotificationFlux extends Flux<NotificationEvent> {

	NotificationFlux() {
	}

	/**
	 * Wait until the first subscription of this flux is listening: what is sent after
	 * that reaches it, or lies in a gap that it is told. Subscribe to the flux, or this
	 * never ends.
	 * @return completes when LISTEN is in force for all channels; a
	 * {@link NotificationDeliveryException} where LISTEN has no effect
	 */
	public abstract Mono<Void> whenReady();

	/**
	 * Set how many messages a subscription holds for a subscriber who does not ask for
	 * them.
	 * @param bufferSize the number of messages, {@link NotificationBus#UNBOUNDED} for any
	 * number
	 * @return a new flux
	 */
	public abstract NotificationFlux withBufferSize(int bufferSize);

	/**
	 * Set what to do at each gap: after LISTEN is in force again, and before the event of
	 * the gap and any message after it are delivered.
	 * <p>
	 * Where it fails since the database cannot be reached, it is run again after a pause.
	 * Any other error ends the subscription.
	 * @param resync from the gap, an {@link NotificationEvent.Overflow},
	 * {@link NotificationEvent.Reconnected} or {@link NotificationEvent.PayloadLost}, to
	 * what brings the subscriber up to date
	 * @return a new flux
	 */
	public abstract NotificationFlux withResync(Function<? super NotificationEvent, ? extends Publisher<?>> resync);

}
