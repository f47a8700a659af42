package io.trunkline.sample;

import java.io.IOException;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.log.LogMessage;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.util.DisconnectedClientHelper;

/**
 * Has nothing more come of a request whose client leaves before it has sent all of it:
 * Reactor Netty cancels it next. As long as there is no answer, Spring takes that error
 * for one of the application, and logs it.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class AbandonedRequestFilter implements WebFilter {

	private static final Log logger = LogFactory.getLog(AbandonedRequestFilter.class);

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		return chain.filter(exchange)
			.onErrorResume((ex) -> isClientGone(ex) && !exchange.getResponse().isCommitted(), (ex) -> {
				logger.debug(LogMessage.format("The client has left %s", exchange.getRequest().getPath()), ex);
				return Mono.never();
			});
	}

	/**
	 * Whether this connection was lost. An error of one to the database looks the same,
	 * but stands inside of another.
	 */
	static boolean isClientGone(Throwable ex) {
		return (ex instanceof IOException || ex instanceof AbortedException)
				&& DisconnectedClientHelper.isClientDisconnectedException(ex);
	}

}
