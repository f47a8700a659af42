package com.example.orders;

import io.trunkline.test.RollbackPerTest;

@RollbackPerTest
class OrderServiceIntegrationTests extends AbstractOrderServiceIntegrationTests {

}
