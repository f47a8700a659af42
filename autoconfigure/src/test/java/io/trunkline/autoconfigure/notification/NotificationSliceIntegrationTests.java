package io.trunkline.autoconfigure.notification;

import io.trunkline.notification.NotificationBus;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.r2dbc.test.autoconfigure.DataR2dbcTest;

/**
 * Tests that the bus joins {@link DataR2dbcTest @DataR2dbcTest}.
 */
@DataR2dbcTest
class NotificationSliceIntegrationTests {

	@Test
	void theSliceHasABus(@Autowired NotificationBus bus) {
		bus.notify("slice", "payload").as(StepVerifier::create).verifyComplete();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
