package io.trunkline.connection;

import java.util.concurrent.atomic.AtomicLong;

import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;

/**
 * Stops reading a socket while nobody asks for what comes from it. The driver alone would
 * read on until it holds 256 messages, which for a stream of large rows is no bound to
 * speak of.
 */
final class ReadGate {

	private final @Nullable Channel channel;

	private final AtomicLong demand = new AtomicLong();

	/** Only the channel's event loop looks at it. */
	private boolean closed;

	/**
	 * Create an open gate.
	 * @param channel the channel, {@code null} for a gate that is always open
	 */
	ReadGate(@Nullable Channel channel) {
		this.channel = channel;
	}

	void requested(long n) {
		if (this.demand.getAndAccumulate(n, Operators::addCap) == 0) {
			adjust();
		}
	}

	/**
	 * Take note of a message that was passed on.
	 */
	void passed() {
		if (this.demand.get() != Long.MAX_VALUE && this.demand.decrementAndGet() == 0) {
			adjust();
		}
	}

	/**
	 * Let everything through from now on.
	 */
	void open() {
		this.demand.set(Long.MAX_VALUE);
		adjust();
	}

	private void adjust() {
		Channel channel = this.channel;
		if (channel == null) {
			return;
		}
		if (channel.eventLoop().inEventLoop()) {
			adjust(channel);
		}
		else {
			channel.eventLoop().execute(() -> adjust(channel));
		}
	}

	/**
	 * Close only what was open: Reactor Netty stops reading as well, for its own reasons.
	 */
	private void adjust(Channel channel) {
		boolean wanted = this.demand.get() > 0;
		if (!wanted && !this.closed && channel.config().isAutoRead()) {
			this.closed = true;
			channel.config().setAutoRead(false);
		}
		else if (wanted && this.closed) {
			this.closed = false;
			channel.config().setAutoRead(true);
		}
	}

}
