package com.example.orders;

import java.util.Map;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.webtestclient.autoconfigure.AutoConfigureWebTestClient;
import org.springframework.http.HttpStatus;
import org.springframework.test.web.reactive.server.WebTestClient;

/**
 * Tests over real HTTP that need the database as the migrations left it.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@AutoConfigureWebTestClient
abstract class AbstractOrderHttpIntegrationTests {

	@Autowired
	private WebTestClient web;

	private WebTestClient.ResponseSpec place(Map<String, Integer> quantities) {
		return this.web.post().uri("/customers/ada/orders").bodyValue(quantities).exchange();
	}

	@RepeatedTest(2)
	void anOrderIsCreatedAndListed() {
		place(Map.of("lamp", 10)).expectStatus().isCreated().expectBody().jsonPath("$.customer").isEqualTo("ada");
		place(Map.of("lamp", 1)).expectStatus()
			.isEqualTo(HttpStatus.CONFLICT)
			.expectBody()
			.jsonPath("$.status")
			.isEqualTo(409);
		this.web.get().uri("/customers/ada/orders").exchange().expectBodyList(Order.class).hasSize(1);
	}

	@Test
	void nobodyHasOrdersAtFirst() {
		this.web.get().uri("/customers/ada/orders").exchange().expectBodyList(Order.class).hasSize(0);
	}

}
