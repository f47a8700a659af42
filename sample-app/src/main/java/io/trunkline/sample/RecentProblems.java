package io.trunkline.sample;

import java.util.ArrayDeque;
import java.util.Deque;

import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/**
 * Keeps the latest problems of requests that have a name. A connection is closed where a
 * body is not read to its end, and a browser that is still sending it then has no answer
 * to show; so it asks for it here.
 */
@RestController
class RecentProblems {

	/** The name that the client gave to its request. */
	static final String HEADER = "X-Request-Id";

	private static final int KEPT = 100;

	private static final int MAX_ID_LENGTH = 100;

	private final Deque<Named> latest = new ArrayDeque<>();

	/**
	 * Answer as the request would have been, and with nothing where it had no problem.
	 */
	@GetMapping("/api/problems/{id}")
	ResponseEntity<ProblemDetail> find(@PathVariable String id) {
		synchronized (this.latest) {
			return this.latest.stream()
				.filter((named) -> named.id().equals(id))
				.findFirst()
				.map((named) -> ResponseEntity.of(named.problem()).<ProblemDetail>build())
				.orElseGet(() -> ResponseEntity.noContent().build());
		}
	}

	void keep(ServerHttpRequest request, ProblemDetail problem) {
		String id = request.getHeaders().getFirst(HEADER);
		if (id == null || id.length() > MAX_ID_LENGTH) {
			return;
		}
		synchronized (this.latest) {
			this.latest.addFirst(new Named(id, problem));
			if (this.latest.size() > KEPT) {
				this.latest.removeLast();
			}
		}
	}

	private record Named(String id, ProblemDetail problem) {
	}

}
