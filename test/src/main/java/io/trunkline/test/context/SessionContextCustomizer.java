package io.trunkline.test.context;

import org.springframework.beans.factory.support.BeanDefinitionBuilder;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.DefaultSingletonBeanRegistry;
import org.springframework.beans.factory.config.BeanDefinition;
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
			SessionSlots slots = new SessionSlots();
			BeanDefinition definition = BeanDefinitionBuilder
				.rootBeanDefinition(SlotPostProcessor.class, () -> new SlotPostProcessor(slots))
				.setRole(BeanDefinition.ROLE_INFRASTRUCTURE)
				.getBeanDefinition();
			registry.registerBeanDefinition(SlotPostProcessor.class.getName(), definition);
			context.getBeanFactory().registerSingleton(SessionSlots.class.getName(), slots);
			if (registry instanceof DefaultSingletonBeanRegistry singletons) {
				singletons.registerDisposableBean(SessionSlots.class.getName(), slots);
			}
		}
	}

}
