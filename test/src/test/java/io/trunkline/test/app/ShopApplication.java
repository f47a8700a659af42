package io.trunkline.test.app;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * A small application in the style of many: repositories, transactional services, and
 * controllers.
 */
@SpringBootApplication
public class ShopApplication {

}
