package io.trunkline.largeobject.web;

import io.trunkline.largeobject.LargeObject;
import io.trunkline.largeobject.LargeObjectMode;
import io.trunkline.largeobject.LargeObjectSession;
import io.trunkline.largeobject.LargeObjectTemplate;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseCookie;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.util.Assert;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ServerWebExchange;

/**
 * Default implementation of {@link LargeObjectResponses}.
 */
final class DefaultLargeObjectResponses implements LargeObjectResponses {

	/**
	 * How much of a part is read at once where there are several: from a descriptor, so
	 * that all of them are of one moment.
	 */
	private static final int PIECE_SIZE = 128 * 1024;

	private final LargeObjectTemplate largeObjects;

	DefaultLargeObjectResponses(LargeObjectTemplate largeObjects) {
		Assert.notNull(largeObjects, "'largeObjects' must not be null");
		this.largeObjects = largeObjects;
	}

	@Override
	public Mono<Void> write(LargeObjectDownload download, ServerWebExchange exchange) {
		ServerHttpRequest request = exchange.getRequest();
		return answer(download, request.getMethod(), request.getHeaders())
			.flatMap((answer) -> write(answer, download, exchange.getResponse()));
	}

	@Override
	public Mono<ServerResponse> respond(LargeObjectDownload download, ServerRequest request) {
		return answer(download, request.method(), request.headers().asHttpHeaders())
			.map((answer) -> new Response(answer, download));
	}

	private Mono<Answer> answer(LargeObjectDownload download, HttpMethod method, HttpHeaders headers) {
		Assert.notNull(download, "'download' must not be null");
		Long size = download.size();
		return ((size != null) ? Mono.just(size) : this.largeObjects.stat(download.oid()).map(LargeObject::size))
			.map((known) -> Answer.of(download, known, method, headers));
	}

	private Mono<Void> write(Answer answer, LargeObjectDownload download, ServerHttpResponse response) {
		return Mono.defer(() -> {
			HttpStatusCode previousStatus = response.getStatusCode();
			HttpHeaders previousHeaders = HttpHeaders.copyOf(response.getHeaders());
			response.setStatusCode(answer.status());
			response.getHeaders().putAll(answer.headers());
			return (answer.hasBody() ? response.writeWith(content(answer, download)) : response.setComplete())
				.doOnError((ex) -> {
					if (!response.isCommitted()) {
						response.setStatusCode(previousStatus);
						response.getHeaders().clear();
						response.getHeaders().putAll(previousHeaders);
					}
				});
		});
	}

	private Flux<DataBuffer> content(Answer answer, LargeObjectDownload download) {
		if (answer.isMultipart()) {
			return this.largeObjects
				.<DataBuffer>open(download.oid(), LargeObjectMode.READ, (session) -> parts(session, answer, download))
				.doOnDiscard(DataBuffer.class, DataBufferUtils::release);
		}
		ByteRange range = answer.ranges().get(0);
		// One byte more shows an object that has grown.
		long length = (range.end() == answer.size()) ? range.length() + 1 : range.length();
		return ExactLength.of(this.largeObjects.read(download.oid(), range.first(), length), range.length(),
				() -> changed(download, answer));
	}

	private static Flux<DataBuffer> parts(LargeObjectSession session, Answer answer, LargeObjectDownload download) {
		Flux<DataBuffer> parts = Flux.fromIterable(answer.ranges())
			.concatMap((range) -> Flux.concat(text(answer.opening(range, download)), part(session, range)), 1)
			.concatWith(text(answer.closing()));
		return session.size()
			.flatMapMany((size) -> (size == answer.size()) ? parts : Flux.error(changed(download, answer)));
	}

	private static Flux<DataBuffer> part(LargeObjectSession session, ByteRange range) {
		int pieces = Math.toIntExact((range.length() + PIECE_SIZE - 1) / PIECE_SIZE);
		return session.seek(range.first())
			.thenMany(Flux.range(0, pieces)
				.concatMap(
						(piece) -> session.read((int) Math.min(PIECE_SIZE, range.length() - (long) piece * PIECE_SIZE)),
						1));
	}

	private static Mono<DataBuffer> text(byte[] bytes) {
		return Mono.fromSupplier(() -> DefaultDataBufferFactory.sharedInstance.wrap(bytes));
	}

	private static ConcurrencyFailureException changed(LargeObjectDownload download, Answer answer) {
		return new ConcurrencyFailureException("Large object " + download.oid() + " has not the announced size of "
				+ answer.size() + " bytes: it changed in between, or the size given for it was wrong");
	}

	/**
	 * A response that is written as it is: Spring's own would evaluate the preconditions
	 * a second time.
	 */
	private final class Response implements ServerResponse {

		private final Answer answer;

		private final LargeObjectDownload download;

		private final HttpHeaders headers;

		Response(Answer answer, LargeObjectDownload download) {
			this.answer = answer;
			this.download = download;
			this.headers = HttpHeaders.readOnlyHttpHeaders(answer.headers());
		}

		@Override
		public HttpStatusCode statusCode() {
			return this.answer.status();
		}

		@Override
		public HttpHeaders headers() {
			return this.headers;
		}

		@Override
		public MultiValueMap<String, ResponseCookie> cookies() {
			return new LinkedMultiValueMap<>();
		}

		@Override
		public Mono<Void> writeTo(ServerWebExchange exchange, Context context) {
			return write(this.answer, this.download, exchange.getResponse());
		}

	}

}
