package io.trunkline.sample.files;

import java.net.URI;
import java.util.Optional;

import io.trunkline.largeobject.LargeObjectNotFoundException;
import io.trunkline.largeobject.web.LargeObjectResponses;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;

/**
 * Files over HTTP. Bodies are streamed both ways.
 */
@RestController
@RequestMapping("/api/files")
class FileController {

	private static final int MAX_NAME_LENGTH = 255;

	/** What is around a file in a form would be stored with it. */
	private static final String NO_FORM = "!" + MediaType.MULTIPART_FORM_DATA_VALUE;

	private final FileStore files;

	private final LargeObjectResponses responses;

	FileController(FileStore files, LargeObjectResponses responses) {
		this.files = files;
		this.responses = responses;
	}

	@GetMapping
	Flux<StoredFile> list() {
		return this.files.findAll();
	}

	@GetMapping("/{id}")
	Mono<StoredFile> find(@PathVariable long id) {
		return this.files.find(id);
	}

	@PostMapping(consumes = NO_FORM)
	Mono<ResponseEntity<StoredFile>> upload(@RequestParam String name, ServerHttpRequest request) {
		return this.files.create(checkName(name), contentType(request), request.getBody())
			.map((file) -> ResponseEntity.created(URI.create("/api/files/" + file.id())).body(file));
	}

	@GetMapping("/{id}/content")
	Mono<Void> download(@PathVariable long id, ServerWebExchange exchange) {
		return Mono.defer(() -> this.files.find(id))
			.flatMap((file) -> this.responses.write(file.toDownload(), exchange))
			// A replacement between both steps took the object away: look again.
			.retryWhen(Retry.max(1)
				.filter((ex) -> ex instanceof LargeObjectNotFoundException)
				.onRetryExhaustedThrow((retry, signal) -> signal.failure()));
	}

	@PutMapping(path = "/{id}/content", consumes = NO_FORM)
	Mono<StoredFile> replace(@PathVariable long id, ServerHttpRequest request) {
		return this.files.replace(id, contentType(request), request.getBody());
	}

	@DeleteMapping("/{id}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	Mono<Void> delete(@PathVariable long id) {
		return this.files.delete(id);
	}

	/**
	 * Checked before the upload begins; the table would refuse the row only after it.
	 */
	private static String checkName(String name) {
		if (name.isBlank() || name.length() > MAX_NAME_LENGTH || name.chars().anyMatch(Character::isISOControl)) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "The parameter 'name' must have 1 to "
					+ MAX_NAME_LENGTH + " characters, not only blanks, and no control characters");
		}
		return name;
	}

	private static String contentType(ServerHttpRequest request) {
		return Optional.ofNullable(request.getHeaders().getContentType())
			.filter(MediaType::isConcrete)
			.orElse(MediaType.APPLICATION_OCTET_STREAM)
			.toString();
	}

}
