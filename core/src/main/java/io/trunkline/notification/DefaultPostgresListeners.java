package io.trunkline.notification;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * Default implementation of {@link PostgresListeners}.
 */
final class DefaultPostgresListeners implements PostgresListeners {

	private static final Log logger = LogFactory.getLog(DefaultPostgresListeners.class);

	private final NotificationBus bus;

	private final ListenerCalls calls;

	private final TableTriggers triggers;

	private final Duration startupTimeout;

	private final List<ListenerEndpoint> endpoints = new ArrayList<>();

	private @Nullable ConfigurableListableBeanFactory beanFactory;

	private volatile boolean running;

	DefaultPostgresListeners(NotificationBus bus, ListenerCalls calls, TableTriggers triggers,
			Duration startupTimeout) {
		this.bus = bus;
		this.calls = calls;
		this.triggers = triggers;
		this.startupTimeout = startupTimeout;
	}

	@Override
	public void setBeanFactory(BeanFactory beanFactory) {
		this.beanFactory = (ConfigurableListableBeanFactory) beanFactory;
	}

	@Override
	public void afterSingletonsInstantiated() {
		ConfigurableListableBeanFactory beanFactory = this.beanFactory;
		Assert.state(beanFactory != null, "PostgresListeners must be a bean");
		for (String name : beanFactory.getBeanNamesForType(Object.class, false, false)) {
			Class<?> type = AutoProxyUtils.determineTargetClass(beanFactory, name);
			if (type != null && AnnotationUtils.isCandidateClass(type, PostgresListener.class)
					&& beanFactory.isSingleton(name)) {
				register(beanFactory, name, type);
			}
		}
	}

	private void register(ConfigurableListableBeanFactory beanFactory, String name, Class<?> type) {
		Map<Method, PostgresListener> methods = MethodIntrospector.selectMethods(type,
				(MethodIntrospector.MetadataLookup<PostgresListener>) (method) -> AnnotatedElementUtils
					.findMergedAnnotation(method, PostgresListener.class));
		if (!methods.isEmpty()) {
			Object bean = beanFactory.getBean(name);
			methods
				.forEach((method, listener) -> this.endpoints.add(endpoint(beanFactory, bean, type, method, listener)));
		}
	}

	private ListenerEndpoint endpoint(ConfigurableListableBeanFactory beanFactory, Object bean, Class<?> type,
			Method method, PostgresListener listener) {
		List<String> channels = Arrays.stream(listener.channels())
			.flatMap((channel) -> resolve(beanFactory, channel))
			.toList();
		String table = String.join(",", resolve(beanFactory, listener.table()).toList());
		ListenerMethod target = ListenerMethod.forEvents(bean, AopUtils.selectInvocableMethod(method, bean.getClass()));
		Assert.state(channels.isEmpty() == StringUtils.hasText(table),
				() -> "@PostgresListener method " + target + " must name either 'channels' or a 'table'");
		Assert.state(listener.concurrency() > 0 && listener.bufferSize() >= 0, () -> "@PostgresListener method "
				+ target + " needs a 'concurrency' of 1 or more, and a 'bufferSize' of 0 or more");
		ListenerMethod gapHandler = listener.gapHandler().isEmpty() ? null
				: ListenerMethod.forGaps(bean, type, listener.gapHandler());
		ListenerContainer container = new ListenerContainer(this.bus, this.calls, target, gapHandler,
				listener.concurrency(), listener.bufferSize());
		return new ListenerEndpoint(container, channels, table.isEmpty() ? null : table);
	}

	private static Stream<String> resolve(ConfigurableListableBeanFactory beanFactory, String text) {
		String resolved = text.contains("${") ? beanFactory.resolveEmbeddedValue(text) : text;
		if (resolved == null || resolved.isEmpty()) {
			return Stream.empty();
		}
		// A comma is a part of a name that was written out.
		return text.contains("${") ? Arrays.stream(StringUtils.commaDelimitedListToStringArray(resolved))
				: Stream.of(resolved);
	}

	/**
	 * Listen, and wait until LISTEN is in force: what is sent once the context has
	 * started must not be missed.
	 */
	@Override
	public synchronized void start() {
		if (this.running) {
			return;
		}
		this.running = true;
		try {
			Flux.fromIterable(this.endpoints)
				.flatMap((endpoint) -> start(endpoint), Math.max(1, this.endpoints.size()))
				.then()
				.timeout(this.startupTimeout)
				.block();
		}
		catch (RuntimeException ex) {
			if (!(ex.getCause() instanceof TimeoutException)) {
				stop(() -> {
				});
				throw ex;
			}
			Throwable reason = this.bus.status().lastError();
			logger.warn("LISTEN is not in force after " + this.startupTimeout.toMillis()
					+ " ms; listeners begin when the server is there"
					+ ((reason != null) ? ". What is wrong now: " + reason.getMessage() : ""));
		}
	}

	private Mono<Void> start(ListenerEndpoint endpoint) {
		String table = endpoint.table();
		if (table == null) {
			return endpoint.container().start(endpoint.channels());
		}
		// Goes on where the start of the context no longer waits for it.
		Mono<Void> started = this.triggers.ensure(table)
			.retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(100))
				.maxBackoff(Duration.ofSeconds(10))
				.filter((ex) -> this.running && Unreachable.isCauseOf(ex)))
			.filter((channel) -> this.running)
			.flatMap((channel) -> endpoint.container().start(List.of(channel)))
			.cache();
		started.subscribe((done) -> {
		}, (ex) -> logger.error("Listener " + endpoint.container() + " does not hear of changes", ex));
		return started;
	}

	@Override
	public void stop() {
		stopAll().block(this.startupTimeout);
	}

	@Override
	public void stop(Runnable callback) {
		stopAll().doFinally((signal) -> callback.run()).subscribe();
	}

	private synchronized Mono<Void> stopAll() {
		if (!this.running) {
			return Mono.empty();
		}
		this.running = false;
		return Mono.when(this.endpoints.stream().map((endpoint) -> endpoint.container().stop()).toList());
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

}
