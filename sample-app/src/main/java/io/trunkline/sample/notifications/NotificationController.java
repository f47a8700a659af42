package io.trunkline.sample.notifications;

import java.util.Map;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.notification.NotificationBus;
import io.trunkline.notification.NotificationEvent;
import io.trunkline.notification.NotificationEvent.Message;
import io.trunkline.notification.NotificationEvent.Overflow;
import io.trunkline.notification.NotificationEvent.PayloadLost;
import io.trunkline.notification.NotificationEvent.Reconnected;
import io.trunkline.notification.NotificationFlux;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.ResolvableType;
import org.springframework.core.codec.StringDecoder;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * Sends notifications, and streams them as they come. A client who is too slow is told
 * how many it has missed; one that goes away leaves the channel.
 */
@RestController
@RequestMapping("/api/notifications/{channel}")
class NotificationController {

	private final NotificationBus bus;

	private final Sinks.Empty<Void> end = Sinks.empty();

	NotificationController(NotificationBus bus) {
		this.bus = bus;
	}

	/**
	 * Stream the events, after a comment that says that nothing is missed any more.
	 */
	@GetMapping(produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	Flux<ServerSentEvent<Object>> listen(@PathVariable String channel) {
		NotificationFlux events = this.bus.listen(checked(channel));
		Mono<ServerSentEvent<Object>> ready = events.whenReady()
			.thenReturn(ServerSentEvent.builder().comment("listening").build());
		return events.map(NotificationController::toServerSentEvent).mergeWith(ready).takeUntilOther(this.end.asMono());
	}

	/**
	 * The web server would wait for streams that have no end of their own.
	 */
	@EventListener(ContextClosedEvent.class)
	void end() {
		this.end.tryEmitEmpty();
	}

	private static ServerSentEvent<Object> toServerSentEvent(NotificationEvent event) {
		if (event instanceof Message message) {
			return ServerSentEvent.<Object>builder(message).event("message").build();
		}
		if (event instanceof Overflow overflow) {
			return ServerSentEvent.<Object>builder(overflow).event("overflow").build();
		}
		if (event instanceof PayloadLost lost) {
			return ServerSentEvent.<Object>builder(lost).event("lost").build();
		}
		long millis = ((Reconnected) event).downtime().toMillis();
		return ServerSentEvent.<Object>builder(Map.of("downtimeMillis", millis)).event("reconnected").build();
	}

	@PostMapping
	@ResponseStatus(HttpStatus.ACCEPTED)
	Mono<Void> send(@PathVariable String channel, ServerHttpRequest request) {
		String name = checked(channel);
		return payload(request).defaultIfEmpty("").flatMap((text) -> this.bus.notify(name, text));
	}

	/**
	 * Read the body as text, whatever its type: a {@code @RequestBody} cannot be what
	 * {@code curl -d} says is a form.
	 */
	private static Mono<String> payload(ServerHttpRequest request) {
		return StringDecoder.allMimeTypes()
			.decodeToMono(request.getBody(), ResolvableType.forClass(String.class),
					request.getHeaders().getContentType(), null)
			.onErrorMap(DataBufferLimitException.class,
					(ex) -> new ResponseStatusException(HttpStatus.CONTENT_TOO_LARGE, ex.getMessage(), ex));
	}

	private static String checked(String channel) {
		try {
			SqlIdentifiers.quote(channel, "channel");
			return channel;
		}
		catch (IllegalArgumentException ex) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, ex.getMessage(), ex);
		}
	}

}
