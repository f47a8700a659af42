package io.trunkline.notification;

import java.time.Instant;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

import io.trunkline.notification.NotificationEvent.Message;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;

/**
 * One subscription: takes the events out of its buffer and delivers them, one at a time,
 * on a thread that is neither the driver's nor the loop's.
 */
final class Mailbox implements Subscription {

	/** After so many events in a row the thread is left to other subscriptions. */
	private static final int RUN = 256;

	private final CoreSubscriber<? super NotificationEvent> subscriber;

	private final ListenRequest request;

	private final ListenLoop loop;

	private final Executor delivery;

	private final Sinks.Empty<Void> ready;

	private final EventBuffer buffer;

	private final AtomicLong requested = new AtomicLong();

	private final AtomicInteger signals = new AtomicInteger();

	private final Disposable.Swap resync = Disposables.swap();

	/** A gap that the subscriber is told after it was brought up to date. */
	private volatile @Nullable NotificationEvent held;

	private volatile boolean resyncing;

	private volatile boolean cancelled;

	private volatile boolean ended;

	private volatile @Nullable Throwable failure;

	Mailbox(CoreSubscriber<? super NotificationEvent> subscriber, ListenRequest request, ListenLoop loop,
			Sinks.Empty<Void> ready) {
		this.subscriber = subscriber;
		this.request = request;
		this.loop = loop;
		this.delivery = loop.delivery();
		this.ready = ready;
		this.buffer = new EventBuffer(request.bufferSize());
	}

	Set<String> channels() {
		return this.request.channels();
	}

	boolean isCancelled() {
		return this.cancelled;
	}

	void begin(long generation) {
		this.buffer.begin(generation);
	}

	/**
	 * Take a message.
	 * @return whether it was dropped
	 */
	boolean offer(long generation, Message message, long now) {
		EventBuffer.Result result = this.buffer.offer(generation, message, now);
		if (result == EventBuffer.Result.HELD) {
			signal();
		}
		return result == EventBuffer.Result.DROPPED;
	}

	void lose(long generation, long lastSign) {
		this.buffer.lose(generation, lastSign);
	}

	void listening(long generation, long now) {
		this.buffer.listening(generation, now);
		signal();
	}

	void ready() {
		this.ready.tryEmitEmpty();
	}

	/**
	 * End the subscription behind what is in the buffer.
	 */
	void end(@Nullable Throwable failure) {
		this.failure = failure;
		this.ended = true;
		this.ready.tryEmitError((failure != null) ? failure : new IllegalStateException("The bus was closed"));
		signal();
	}

	int buffered() {
		return this.buffer.messages();
	}

	@Nullable Instant oldest() {
		return this.buffer.oldest();
	}

	@Override
	public void request(long n) {
		if (Operators.validate(n)) {
			this.requested.accumulateAndGet(n, Operators::addCap);
			signal();
		}
	}

	@Override
	public void cancel() {
		if (!this.cancelled) {
			this.cancelled = true;
			this.resync.dispose();
			this.buffer.clear();
			this.loop.remove(this);
		}
	}

	private void signal() {
		if (this.signals.getAndIncrement() == 0) {
			this.delivery.execute(this::run);
		}
	}

	private void run() {
		int seen = this.signals.get();
		do {
			if (deliver()) {
				this.delivery.execute(this::run);
				return;
			}
			seen = this.signals.addAndGet(-seen);
		}
		while (seen != 0);
	}

	/**
	 * Deliver what is asked for.
	 * @return whether there may be more
	 */
	private boolean deliver() {
		long asked = this.requested.get();
		long delivered = 0;
		while (delivered < asked && delivered < RUN && !this.cancelled) {
			NotificationEvent event = next();
			if (event == null) {
				break;
			}
			this.subscriber.onNext(event);
			delivered++;
		}
		if (delivered > 0 && asked != Long.MAX_VALUE) {
			this.requested.addAndGet(-delivered);
		}
		endWhenEmpty();
		return delivered == RUN;
	}

	/**
	 * Return the next event, or nothing where there is none yet.
	 */
	private @Nullable NotificationEvent next() {
		if (this.resyncing) {
			return null;
		}
		NotificationEvent event = this.held;
		if (event != null) {
			this.held = null;
			return event;
		}
		event = this.buffer.poll();
		Function<? super NotificationEvent, ? extends Publisher<?>> hook = this.request.resync();
		if (event == null || event instanceof Message || hook == null) {
			return event;
		}
		this.held = event;
		this.resyncing = true;
		resync(event, hook);
		return null;
	}

	private void resync(NotificationEvent gap, Function<? super NotificationEvent, ? extends Publisher<?>> hook) {
		this.resync.update(Mono.defer(() -> Flux.from(hook.apply(gap)).then())
			.retryWhen(this.loop.untilReachable())
			.contextWrite(this.subscriber.currentContext())
			.subscribe((done) -> {
			}, this::failResync, () -> {
				this.resyncing = false;
				signal();
			}));
	}

	/**
	 * Leave the channels; the events that are left are those after a gap that the
	 * subscriber could not cope with.
	 */
	private void failResync(Throwable ex) {
		this.loop.remove(this);
		this.buffer.clear();
		this.held = null;
		this.resyncing = false;
		end(ex);
	}

	private void endWhenEmpty() {
		if (!this.ended || this.cancelled || this.resyncing || this.held != null || !this.buffer.isEmpty()) {
			return;
		}
		this.cancelled = true;
		Throwable failure = this.failure;
		if (failure != null) {
			this.subscriber.onError(failure);
		}
		else {
			this.subscriber.onComplete();
		}
	}

}
