package io.trunkline.notification;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
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
final class Mailbox implements Subscription, Runnable {

	/** After so many events in a row the thread is left to other subscriptions. */
	private static final int RUN = 256;

	/** So many events are taken out of the buffer at once. */
	private static final int TAKEN_AT_ONCE = 64;

	/** There may be many of them, so they are small. */
	private static final AtomicIntegerFieldUpdater<Mailbox> SIGNALS = AtomicIntegerFieldUpdater
		.newUpdater(Mailbox.class, "signals");

	private static final AtomicLongFieldUpdater<Mailbox> REQUESTED = AtomicLongFieldUpdater.newUpdater(Mailbox.class,
			"requested");

	private final CoreSubscriber<? super NotificationEvent> subscriber;

	private final ListenRequest request;

	private final ListenLoop loop;

	private final Delivery delivery;

	private final Sinks.Empty<Void> ready;

	private final EventBuffer buffer;

	private volatile long requested;

	private volatile int signals;

	/** What was taken out of the buffer; of the thread that delivers. */
	private final ArrayDeque<NotificationEvent> taken = new ArrayDeque<>(1);

	/** Whether the buffer was empty after that: what comes later signals again. */
	private boolean emptied;

	/** How many they are, and when the first of them was received, for others to see. */
	private volatile int takenCount;

	private volatile @Nullable Instant takenSince;

	private final @Nullable PayloadStore payloads;

	private final Disposable.Swap preparation = Disposables.swap();

	/** An event that is ready to be delivered, with what had to be done before. */
	private volatile @Nullable NotificationEvent held;

	/** Whether something has to be done before the next event. */
	private volatile boolean preparing;

	/** Whether there is something taken or held; of the thread that delivers. */
	private boolean left;

	/** Whether the subscriber may be slow, so that only its own tasks call it. */
	private volatile boolean suspected;

	private volatile boolean cancelled;

	private volatile boolean ended;

	private volatile @Nullable Throwable failure;

	Mailbox(CoreSubscriber<? super NotificationEvent> subscriber, ListenRequest request, ListenLoop loop,
			Sinks.Empty<Void> ready) {
		this.subscriber = subscriber;
		this.request = request;
		this.loop = loop;
		this.delivery = loop.delivery();
		this.payloads = loop.payloads();
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
	 * @param wakeups takes this subscription if it must be woken
	 * @return whether it was dropped
	 */
	boolean offer(long generation, Message message, long now, Wakeups wakeups) {
		EventBuffer.Result result = this.buffer.offer(generation, message, now);
		if (result == EventBuffer.Result.HELD && SIGNALS.getAndIncrement(this) == 0) {
			wakeups.add(this);
		}
		return result == EventBuffer.Result.DROPPED;
	}

	/**
	 * Take the right to deliver, if nothing is in the way of a message: nobody else
	 * delivers, nothing waits before it, and the subscriber has asked for it.
	 * {@link #deliver(Message)} and {@link #release()} follow.
	 */
	boolean seize(long generation, Message message) {
		if (!isOpen(generation) || isReference(message) || !SIGNALS.compareAndSet(this, 0, 1)) {
			return false;
		}
		if (isOpen(generation) && !this.left) {
			return true;
		}
		release();
		return false;
	}

	/**
	 * Whether nothing seems to be in the way of a message.
	 */
	boolean isOpen(long generation) {
		return this.buffer.isOpen(generation) && this.requested > 0 && !this.suspected && !this.cancelled;
	}

	private boolean isReference(Message message) {
		return this.payloads != null && this.payloads.reference(message) != null;
	}

	void deliver(Message message) {
		if (this.requested != Long.MAX_VALUE) {
			Operators.produced(REQUESTED, this, 1);
		}
		emit(message);
	}

	/**
	 * Give back the right to deliver. Most of what was signalled meanwhile is that more
	 * was asked for, which needs no thread where nothing waits.
	 */
	void release() {
		for (int seen = this.signals;; seen = this.signals) {
			if (seen > 1 && (this.left || this.ended || !this.buffer.isEmpty())) {
				this.delivery.execute(this);
				return;
			}
			if (SIGNALS.compareAndSet(this, seen, 0)) {
				return;
			}
		}
	}

	/**
	 * Take note that the subscriber may be slow.
	 */
	void suspect() {
		this.suspected = true;
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
		return this.buffer.messages() + this.takenCount;
	}

	@Nullable Instant oldest() {
		Instant since = this.takenSince;
		return (this.takenCount > 0 && since != null) ? since : this.buffer.oldest();
	}

	@Override
	public void request(long n) {
		if (Operators.validate(n)) {
			Operators.addCap(REQUESTED, this, n);
			signal();
		}
	}

	@Override
	public void cancel() {
		if (!this.cancelled) {
			this.cancelled = true;
			this.preparation.dispose();
			this.buffer.clear();
			this.loop.remove(this);
		}
	}

	private void signal() {
		if (SIGNALS.getAndIncrement(this) == 0) {
			this.delivery.execute(this);
		}
	}

	/**
	 * Deliver on the current thread, the only one that does so at the time.
	 */
	@Override
	public void run() {
		int seen = this.signals;
		do {
			if (deliver()) {
				this.delivery.execute(this);
				return;
			}
			seen = SIGNALS.addAndGet(this, -seen);
		}
		while (seen != 0);
	}

	/**
	 * Deliver what is asked for.
	 * @return whether there may be more
	 */
	private boolean deliver() {
		long asked = this.requested;
		long delivered = 0;
		long since = this.suspected ? System.nanoTime() : 0;
		while (delivered < asked && delivered < RUN && !this.cancelled) {
			NotificationEvent event = next(Math.min(asked, RUN) - delivered);
			if (event == null) {
				break;
			}
			emit(event);
			delivered++;
			if (this.emptied && this.taken.isEmpty()) {
				break;
			}
		}
		if (delivered > 0 && asked != Long.MAX_VALUE) {
			REQUESTED.addAndGet(this, -delivered);
		}
		if (since != 0 && delivered > 0) {
			this.suspected = (System.nanoTime() - since) / delivered > Dispatcher.QUICK / Dispatcher.TIMED;
		}
		endWhenEmpty();
		this.left = this.preparing || this.held != null || !this.taken.isEmpty();
		return delivered == RUN;
	}

	/**
	 * What a subscriber throws, although it must not, is its end and nobody else's.
	 */
	private void emit(NotificationEvent event) {
		try {
			this.subscriber.onNext(event);
		}
		catch (RuntimeException | Error ex) {
			cancel();
			Operators.onErrorDropped(ex, this.subscriber.currentContext());
		}
	}

	/**
	 * Return the next event, or nothing where there is none yet.
	 */
	private @Nullable NotificationEvent next(long wanted) {
		if (this.preparing) {
			return null;
		}
		NotificationEvent event = this.held;
		if (event != null) {
			this.held = null;
			return event;
		}
		event = take(wanted);
		if (event instanceof Message message) {
			PayloadStore store = this.payloads;
			PayloadReference reference = (store != null) ? store.reference(message) : null;
			if (store == null || reference == null) {
				return message;
			}
			prepare(store.resolve(message, reference).retryWhen(this.loop.untilReachable()).flatMap(this::resync));
			return null;
		}
		if (event == null || this.request.resync() == null) {
			return event;
		}
		prepare(resync(event));
		return null;
	}

	/**
	 * Take the next event, and further ones where they are wanted: to take each by itself
	 * would get into the way of the driver's thread.
	 */
	private @Nullable NotificationEvent take(long wanted) {
		NotificationEvent event = this.taken.pollFirst();
		if (event != null) {
			this.takenCount = this.taken.size();
			return event;
		}
		int max = (int) Math.min(wanted, TAKEN_AT_ONCE);
		event = this.buffer.poll(this.taken, max);
		this.emptied = this.taken.size() < max - 1;
		if (!this.taken.isEmpty()) {
			this.takenSince = (event instanceof Message message) ? message.receivedAt() : null;
			this.takenCount = this.taken.size();
		}
		return event;
	}

	/**
	 * Hold an event until it may be delivered. What is behind it waits in the buffer.
	 */
	private void prepare(Mono<NotificationEvent> prepared) {
		this.preparing = true;
		// What comes meanwhile signals in vain.
		this.emptied = false;
		this.preparation.update(prepared.contextWrite(this.subscriber.currentContext()).subscribe((event) -> {
			this.held = event;
			this.preparing = false;
			signal();
		}, this::fail));
	}

	/**
	 * Bring the subscriber up to date before it is told of a gap.
	 */
	private Mono<NotificationEvent> resync(NotificationEvent event) {
		Function<? super NotificationEvent, ? extends Publisher<?>> hook = this.request.resync();
		if (hook == null || event instanceof Message) {
			return Mono.just(event);
		}
		return Mono.defer(() -> Flux.from(hook.apply(event)).then())
			.retryWhen(this.loop.untilReachable())
			.thenReturn(event);
	}

	/**
	 * Leave the channels; the events that are left are those after a gap that the
	 * subscriber could not cope with.
	 */
	private void fail(Throwable ex) {
		this.loop.remove(this);
		this.buffer.clear();
		this.taken.clear();
		this.takenCount = 0;
		this.held = null;
		this.preparing = false;
		end(ex);
	}

	private void endWhenEmpty() {
		if (!this.ended || this.cancelled || this.preparing || this.held != null || !this.taken.isEmpty()
				|| !this.buffer.isEmpty()) {
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
