package io.trunkline.sample;

import java.util.concurrent.atomic.AtomicBoolean;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

/**
 * Reads a small body to its end that nobody has read, before the answer. The connection
 * is closed after it, and what is unread then takes the answer away from the client.
 */
@Component
class UnreadBodyFilter implements WebFilter {

	private static final int MAX_LENGTH = 64 * 1024;

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		ServerHttpRequest request = exchange.getRequest();
		HttpHeaders headers = request.getHeaders();
		if (headers.getContentLength() <= 0 || headers.getContentLength() > MAX_LENGTH) {
			return chain.filter(exchange);
		}
		AtomicBoolean read = new AtomicBoolean();
		exchange.getResponse().beforeCommit(() -> read.get() ? Mono.empty() : discard(request));
		return chain.filter(exchange.mutate().request(new ServerHttpRequestDecorator(request) {

			@Override
			public Flux<DataBuffer> getBody() {
				return super.getBody().doOnSubscribe((subscription) -> read.set(true));
			}

		}).build());
	}

	private static Mono<Void> discard(ServerHttpRequest request) {
		// Let go of here, and not by what discards elements further down as well.
		return request.getBody()
			.<Void>handle((buffer, sink) -> DataBufferUtils.release(buffer))
			.then()
			// The request is cancelled next. An error here would leave out what else
			// waits for the commit, such as the end of its observation.
			.onErrorResume(AbandonedRequestFilter::isClientGone, (ex) -> Mono.never());
	}

}
