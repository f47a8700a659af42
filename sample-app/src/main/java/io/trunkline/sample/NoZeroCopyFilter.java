package io.trunkline.sample;

import reactor.core.publisher.Mono;

import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

/**
 * Keeps static files from being sent by zero-copy, which a decorated response does not
 * offer. With Reactor Netty 1.3.6 the request that follows such a response on the same
 * connection now and then gets no answer; it happens only where the application runs from
 * its classes and not from a jar.
 */
@Component
class NoZeroCopyFilter implements WebFilter {

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		return chain
			.filter(exchange.mutate().response(new ServerHttpResponseDecorator(exchange.getResponse())).build());
	}

}
