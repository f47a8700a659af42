package io.trunkline.autoconfigure.largeobject;

import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.largeobject.web.LargeObjectResponses;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.web.reactive.function.server.ServerResponse;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of {@link LargeObjectResponses},
 * where Spring WebFlux is on the class path.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = LargeObjectAutoConfiguration.class)
@ConditionalOnClass(ServerResponse.class)
@ConditionalOnBean(LargeObjectTemplate.class)
public final class LargeObjectWebAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	LargeObjectResponses largeObjectResponses(LargeObjectTemplate largeObjectTemplate) {
		return LargeObjectResponses.create(largeObjectTemplate);
	}

}
