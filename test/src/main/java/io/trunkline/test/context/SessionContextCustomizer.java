package io.trunkline.test.context;

import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;

/**
 * Puts slots before the connection factories of a context.
 */
record SessionContextCustomizer() implements ContextCustomizer {

	@Override
	public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration mergedConfig) {
		if (context.getBeanFactory() instanceof BeanDefinitionRegistry registry) {
			registry.registerBeanDefinition(SessionSlots.NAME, infrastructure(SessionSlots.class));
			registry.registerBeanDefinition(SlotPostProcessor.class.getName(), infrastructure(SlotPostProcessor.class));
		}
	}

	/**
	 * A class and no supplier, of which code can be generated ahead of time.
	 */
	private static RootBeanDefinition infrastructure(Class<?> type) {
		RootBeanDefinition definition = new RootBeanDefinition(type);
		definition.setAutowireMode(AbstractBeanDefinition.AUTOWIRE_CONSTRUCTOR);
		definition.setRole(BeanDefinition.ROLE_INFRASTRUCTURE);
		return definition;
	}

}
