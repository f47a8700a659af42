package com.example.orders;

import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(CleanUp.class)
class OrderHttpWithCleanUpIntegrationTests extends AbstractOrderHttpIntegrationTests {

}
