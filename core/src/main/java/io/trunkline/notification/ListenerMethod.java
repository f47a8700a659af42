package io.trunkline.notification;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;

import io.trunkline.notification.NotificationEvent.Message;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

import org.springframework.util.Assert;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * A method that is called for events, with what it takes of them.
 */
final class ListenerMethod {

	private final Object bean;

	private final Method method;

	private final Type[] parameters;

	private final @Nullable Type payload;

	private ListenerMethod(Object bean, Method method) {
		this.bean = bean;
		this.method = method;
		this.parameters = method.getGenericParameterTypes();
		this.payload = Arrays.stream(this.parameters)
			.filter((type) -> !isEvent(type))
			.findFirst()
			.map(ListenerMethod::wrapper)
			.orElse(null);
		ReflectionUtils.makeAccessible(method);
	}

	/**
	 * A method for messages, and for gaps where it takes them.
	 */
	static ListenerMethod forEvents(Object bean, Method method) {
		Type[] parameters = method.getGenericParameterTypes();
		String name = name(method);
		List<Type> payloads = Arrays.stream(parameters).filter((type) -> !isEvent(type)).toList();
		Assert.state(payloads.size() <= 1, () -> "@PostgresListener method " + name + " has " + payloads.size()
				+ " parameters for the payload: leave one, besides those of type NotificationEvent and its parts");
		Assert.state(Arrays.stream(parameters).distinct().count() == parameters.length,
				() -> "@PostgresListener method " + name + " has two parameters of one type: leave one of them");
		ListenerMethod listener = new ListenerMethod(bean, method);
		boolean primitive = payloads.size() == 1 && payloads.get(0) instanceof Class<?> type && type.isPrimitive();
		boolean gaps = listener.takes(NotificationEvent.Overflow.class)
				|| listener.takes(NotificationEvent.Reconnected.class)
				|| listener.takes(NotificationEvent.PayloadLost.class);
		Assert.state(!primitive || !gaps, () -> "@PostgresListener method " + name
				+ " is called for gaps, and its payload cannot be null then: use the wrapper of the primitive type");
		return listener;
	}

	/**
	 * A method for gaps only.
	 */
	static ListenerMethod forGaps(Object bean, Class<?> type, String name) {
		List<Method> methods = Arrays.stream(ReflectionUtils.getUniqueDeclaredMethods(type))
			.filter((method) -> method.getName().equals(name))
			.toList();
		Assert.state(methods.size() == 1,
				() -> "'gapHandler' names [" + name + "], and " + ClassUtils.getShortName(type) + " has "
						+ methods.size() + " methods of that name: name one that is there once");
		Method method = methods.get(0);
		Type[] parameters = method.getGenericParameterTypes();
		boolean suited = parameters.length > 0
				&& Arrays.stream(parameters).allMatch((each) -> isEvent(each) && each != Message.class);
		Assert.state(suited, () -> "The gap handler " + name(method)
				+ " must take a NotificationEvent, Overflow, Reconnected or PayloadLost, and nothing else");
		return new ListenerMethod(bean, method);
	}

	private static boolean isEvent(Type type) {
		return type instanceof Class<?> candidate && NotificationEvent.class.isAssignableFrom(candidate);
	}

	private static Type wrapper(Type type) {
		return (type instanceof Class<?> candidate) ? ClassUtils.resolvePrimitiveIfNecessary(candidate) : type;
	}

	private static String name(Method method) {
		return ClassUtils.getShortName(method.getDeclaringClass()) + "." + method.getName();
	}

	/**
	 * Return whether it is called for events of a type.
	 */
	boolean takes(Class<? extends NotificationEvent> type) {
		if (type == Message.class && (this.payload != null || this.parameters.length == 0)) {
			return true;
		}
		return Arrays.asList(this.parameters).contains(type)
				|| Arrays.asList(this.parameters).contains(NotificationEvent.class);
	}

	boolean returnsPublisher() {
		return Publisher.class.isAssignableFrom(this.method.getReturnType());
	}

	/**
	 * Call the method.
	 * @return what it returns
	 */
	@Nullable Object call(NotificationEvent event, NotificationBus bus) throws Exception {
		@Nullable Object[] arguments = new Object[this.parameters.length];
		for (int i = 0; i < arguments.length; i++) {
			arguments[i] = argument(this.parameters[i], event, bus);
		}
		try {
			return this.method.invoke(this.bean, arguments);
		}
		catch (InvocationTargetException ex) {
			ReflectionUtils.rethrowException(ex.getTargetException());
			throw ex;
		}
	}

	private @Nullable Object argument(Type type, NotificationEvent event, NotificationBus bus) {
		if (type instanceof Class<?> candidate && isEvent(type)) {
			return candidate.isInstance(event) ? event : null;
		}
		Type payload = this.payload;
		return (event instanceof Message message && payload != null) ? bus.read(message, payload) : null;
	}

	@Override
	public String toString() {
		return name(this.method);
	}

}
