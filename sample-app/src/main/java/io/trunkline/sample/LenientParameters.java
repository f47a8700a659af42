package io.trunkline.sample;

import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.context.annotation.Configuration;
import org.springframework.format.FormatterRegistry;
import org.springframework.web.reactive.config.WebFluxConfigurer;

/**
 * Reads the parameters of requests as the application's properties are read: the
 * constants of enums in lower case as well.
 */
@Configuration(proxyBeanMethods = false)
class LenientParameters implements WebFluxConfigurer {

	@Override
	public void addFormatters(FormatterRegistry registry) {
		ApplicationConversionService.configure(registry);
	}

}
