package io.trunkline.test;

import java.time.Duration;

import io.r2dbc.spi.Connection;
import io.trunkline.test.app.Item;
import io.trunkline.test.app.ItemRepository;
import io.trunkline.test.app.ShopApplication;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientResponseException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@SpringBootTest(classes = ShopApplication.class, webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = "trunkline.test.wait-timeout=5s")
@RollbackPerTest
class Group06HttpIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(60);

	@Autowired
	private ItemRepository items;

	@LocalServerPort
	private int port;

	private WebClient web() {
		return WebClient.create("http://localhost:" + this.port);
	}

	private Mono<Item> post(int number) {
		return web().post().uri("/items/item" + number).retrieve().bodyToMono(Item.class);
	}

	@Test
	void concurrentRequestsAllRunInTheirTransactions() {
		assertThat(Flux.range(1, 200).flatMap(this::post, 32).count().block(LONG)).isEqualTo(200);
		assertThat(this.items.count().block(LONG)).isEqualTo(200);
	}

	@Test
	void anIdleConnectionOfTheTestBlocksNoRequest(Connection idle) {
		assertThat(idle.isAutoCommit()).isTrue();
		assertThat(post(1).block(LONG).name()).isEqualTo("item1");
	}

	@Test
	void aTransactionHeldByTheTestLetsARequestTimeOut(Connection held) {
		Mono.from(held.beginTransaction()).block(LONG);
		assertThatExceptionOfType(WebClientResponseException.class).isThrownBy(() -> post(1).block(LONG));
		Mono.from(held.rollbackTransaction()).block(LONG);
		assertThat(post(2).block(LONG).name()).isEqualTo("item2");
	}

}
