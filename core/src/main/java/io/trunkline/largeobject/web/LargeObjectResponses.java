package io.trunkline.largeobject.web;

import io.trunkline.largeobject.LargeObjectNotFoundException;
import io.trunkline.largeobject.LargeObjectTemplate;
import reactor.core.publisher.Mono;

import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ServerWebExchange;

/**
 * Answers an HTTP request with the content of a large object, streamed, as RFC 9110 has
 * it: GET and HEAD, the preconditions in their order ({@code If-Match},
 * {@code If-Unmodified-Since}, {@code If-None-Match}, {@code If-Modified-Since},
 * {@code If-Range}), and {@code Range}.
 * <p>
 * <b>Status.</b> 200 with the whole content, 206 with one range or several
 * ({@code multipart/byteranges}), 304, 412 or 416. A {@code Range} that is malformed,
 * counts in another unit than bytes or names more than 32 ranges is ignored; ranges that
 * overlap or nearly touch are joined, so that no answer is longer than the content.
 * <p>
 * <b>Headers.</b> {@code Content-Length}, {@code Content-Type},
 * {@code Content-Disposition}, {@code Accept-Ranges}, the validators of the
 * {@link LargeObjectDownload}, and {@code X-Content-Type-Options: nosniff}, shown inline
 * or saved: a browser that guesses another type than the stored one could run what was
 * uploaded as harmless. Headers that the response has before, such as
 * {@code Cache-Control}, stay.
 * <p>
 * <b>Errors.</b> {@link LargeObjectNotFoundException} where there is no such object, and
 * the other exceptions of {@link LargeObjectTemplate}. What happens before the first
 * bytes are there leaves the response as it was, so that the application chooses the
 * status; later the connection is closed.
 * <p>
 * <b>Changes in between.</b> The size is found out before the content is read, and no
 * transaction spans both: it would have to be a repeatable-read one, and stay open for as
 * long as the slowest client takes. The content is one snapshot all the same, as one
 * statement (or for several ranges one descriptor) reads it. What comes is counted: where
 * the object is shorter or, as far as its end was asked for, longer than announced, a
 * {@link ConcurrencyFailureException} ends the response before its last chunk, so a
 * client never takes a part for the whole. New content of the same length cannot be told
 * apart. Write each version to a new object, and delete the old one in the transaction
 * that changes the reference: then oid, entity tag and content always belong together,
 * and a read that has begun ends with what it began with.
 *
 * @since 0.1.0
 */
public interface LargeObjectResponses {

	/**
	 * Create an instance.
	 * @param largeObjects where the content is read
	 * @return a new instance
	 */
	static LargeObjectResponses create(LargeObjectTemplate largeObjects) {
		return new DefaultLargeObjectResponses(largeObjects);
	}

	/**
	 * Answer a request from an annotated controller or a filter. A client that goes away
	 * stops the read and frees the connection to the database.
	 * @param download what to answer with
	 * @param exchange the request and its response
	 * @return completes when the response is written, as
	 * {@link ServerHttpResponse#writeWith} does
	 */
	Mono<Void> write(LargeObjectDownload download, ServerWebExchange exchange);

	/**
	 * Answer a request from a functional route; for HEAD the route must match that method
	 * as well.
	 * @param download what to answer with
	 * @param request the request
	 * @return the response, with its status and headers set
	 */
	Mono<ServerResponse> respond(LargeObjectDownload download, ServerRequest request);

}
