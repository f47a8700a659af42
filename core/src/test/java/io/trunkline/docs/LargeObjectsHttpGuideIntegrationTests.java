package io.trunkline.docs;

import java.nio.charset.StandardCharsets;

import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.largeobject.LargeObjectTransfer;
import io.trunkline.largeobject.TransferOptions;
import io.trunkline.largeobject.web.LargeObjectDownload;
import io.trunkline.largeobject.web.LargeObjectResponses;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The code of {@code docs/large-objects.md} about HTTP.
 */
@Timeout(60)
class LargeObjectsHttpGuideIntegrationTests {

	private final ConnectionFactory connectionFactory = PostgresTestServer.get().connectionFactory();

	private final LargeObjectTemplate largeObjects = LargeObjectTemplate.create(this.connectionFactory);

	private final LargeObjectResponses responses = LargeObjectResponses.create(this.largeObjects);

	@Test
	void answersWithTheContentOrARange() {
		WebTestClient client = WebTestClient.bindToController(new ContentController(this.largeObjects, this.responses))
			.build();
		String oid = client.post()
			.uri("/content")
			.contentType(MediaType.APPLICATION_OCTET_STREAM)
			.bodyValue("The quick brown fox".getBytes(StandardCharsets.UTF_8))
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody(String.class)
			.returnResult()
			.getResponseBody();
		client.get()
			.uri("/content/" + oid)
			.exchange()
			.expectStatus()
			.isOk()
			.expectHeader()
			.contentLength(19)
			.expectHeader()
			.value(HttpHeaders.CONTENT_DISPOSITION, (value) -> assertThat(value).startsWith("attachment"))
			.expectBody(String.class)
			.isEqualTo("The quick brown fox");
		client.get()
			.uri("/content/" + oid)
			.header(HttpHeaders.RANGE, "bytes=4-8")
			.exchange()
			.expectStatus()
			.isEqualTo(206)
			.expectHeader()
			.valueEquals(HttpHeaders.CONTENT_RANGE, "bytes 4-8/19")
			.expectBody(String.class)
			.isEqualTo("quick");
		client.get()
			.uri("/content/" + oid)
			.header(HttpHeaders.RANGE, "bytes=100-")
			.exchange()
			.expectStatus()
			.isEqualTo(416);
		client.get()
			.uri("/content/" + oid)
			.header(HttpHeaders.IF_NONE_MATCH, "\"" + oid + "\"")
			.exchange()
			.expectStatus()
			.isNotModified();
		client.head().uri("/content/" + oid).exchange().expectStatus().isOk().expectHeader().contentLength(19);
	}

	@Test
	void answersFromARoute() {
		Long oid = this.largeObjects
			.write(Mono.fromSupplier(
					() -> DefaultDataBufferFactory.sharedInstance.wrap("abc".getBytes(StandardCharsets.UTF_8))))
			.map(LargeObjectTransfer::oid)
			.block();
		WebTestClient.bindToRouterFunction(routes(this.responses))
			.build()
			.get()
			.uri("/files/" + oid)
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody(String.class)
			.isEqualTo("abc");
	}

	// tag::http-route[]
	RouterFunction<ServerResponse> routes(LargeObjectResponses responses) {
		return RouterFunctions.route(RequestPredicates.path("/files/{oid}"), (request) -> responses
			.respond(LargeObjectDownload.of(Long.parseLong(request.pathVariable("oid"))), request));
	}
	// end::http-route[]

	// tag::http[]
	@RestController
	@RequestMapping("/content")
	static class ContentController {

		private final LargeObjectTemplate largeObjects;

		private final LargeObjectResponses responses;

		ContentController(LargeObjectTemplate largeObjects, LargeObjectResponses responses) {
			this.largeObjects = largeObjects;
			this.responses = responses;
		}

		@PostMapping
		Mono<String> upload(@RequestBody Flux<DataBuffer> body) {
			return this.largeObjects.write(body, TransferOptions.defaults().withSha256())
				.map((written) -> String.valueOf(written.oid()));
		}

		@GetMapping("/{oid}") // and HEAD
		Mono<Void> download(@PathVariable long oid, ServerWebExchange exchange) {
			LargeObjectDownload download = LargeObjectDownload.of(oid)
				.withFileName("Überblick.pdf") // any name; it is made safe
				.withContentType(MediaType.APPLICATION_PDF)
				.withETag(String.valueOf(oid)); // as long as no object is ever changed
			return this.responses.write(download, exchange);
		}

	}
	// end::http[]

}
