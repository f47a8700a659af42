package io.trunkline.test.context;

import java.lang.reflect.Modifier;

import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.test.session.SessionSlot;
import org.aopalliance.intercept.MethodInterceptor;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.aop.framework.AopConfigException;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.Ordered;

/**
 * Puts a slot before each connection factory. The proxy is of the factory's own class
 * where that can be: it may be injected as a {@code ConnectionPool}.
 */
final class SlotPostProcessor implements BeanPostProcessor, Ordered {

	private static final Log logger = LogFactory.getLog(SlotPostProcessor.class);

	private final SessionSlots slots;

	SlotPostProcessor(SessionSlots slots) {
		this.slots = slots;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (!(bean instanceof ConnectionFactory factory) || bean instanceof SlotHolder) {
			return bean;
		}
		SessionSlot slot = this.slots.slot(factory, beanName);
		if (!Modifier.isFinal(bean.getClass().getModifiers())) {
			try {
				return proxy(factory, slot, true);
			}
			catch (AopConfigException ex) {
				logger.debug("No class can extend that of '" + beanName + "'", ex);
			}
		}
		return proxy(factory, slot, false);
	}

	private static Object proxy(ConnectionFactory factory, SessionSlot slot, boolean ofClass) {
		ProxyFactory proxy = new ProxyFactory(factory);
		proxy.setProxyTargetClass(ofClass);
		proxy.addInterface(SlotHolder.class);
		proxy.setOpaque(true);
		proxy.addAdvice((MethodInterceptor) (invocation) -> {
			if (invocation.getMethod().getDeclaringClass() == SlotHolder.class) {
				return slot;
			}
			if (invocation.getMethod().getParameterCount() > 0) {
				return invocation.proceed();
			}
			return switch (invocation.getMethod().getName()) {
				case "create" -> slot.create(factory);
				case "unwrap" -> FollowingConnectionFactory.below(slot, factory);
				default -> invocation.proceed();
			};
		});
		return proxy.getProxy(factory.getClass().getClassLoader());
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
