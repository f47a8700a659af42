package io.trunkline.notification;

import java.util.Set;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/**
 * What somebody listens to, and how.
 */
record ListenRequest(Set<String> channels, int bufferSize,
		@Nullable Function<? super NotificationEvent, ? extends Publisher<?>> resync) {

}
