package io.trunkline.sample.transfer;

import java.nio.charset.StandardCharsets;

import io.trunkline.copy.BulkCopyService;
import io.trunkline.copy.CopyOutSpec;
import io.trunkline.sample.TableAccess;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * Exports a table as the response's body, as the server sends it. A client that goes away
 * stops the query.
 */
@RestController
@RequestMapping("/api/export/{table}")
class ExportController {

	private final BulkCopyService bulkCopy;

	private final TableAccess access;

	private final boolean queries;

	ExportController(BulkCopyService bulkCopy, TableAccess access,
			@Value("${sample.export.queries:false}") boolean queries) {
		this.bulkCopy = bulkCopy;
		this.access = access;
		this.queries = queries;
	}

	@GetMapping
	Mono<ResponseEntity<Flux<DataBuffer>>> export(@PathVariable String table,
			@RequestParam(defaultValue = "csv") DataFormat format, @RequestParam(defaultValue = "true") boolean header,
			@RequestParam(defaultValue = "false") boolean defuse, @RequestParam(defaultValue = "") String query) {
		CopyOutSpec spec = source(table, query).format(format.toCopyFormat(header));
		if (defuse) {
			spec = spec.defuseFormulas();
		}
		String disposition = ContentDisposition.attachment()
			.filename(format.fileName(table), StandardCharsets.UTF_8)
			.build()
			.toString();
		ResponseEntity<Flux<DataBuffer>> response = ResponseEntity.ok()
			.contentType(format.mediaType())
			.header(HttpHeaders.CONTENT_DISPOSITION, disposition)
			.body(spec.data());
		return query.isEmpty() ? this.access.toRead(table).thenReturn(response) : Mono.just(response);
	}

	/**
	 * Whoever may send a query may read all that the application's role can.
	 */
	private CopyOutSpec source(String table, String query) {
		if (query.isEmpty()) {
			return this.bulkCopy.copyOut(table);
		}
		if (!this.queries) {
			throw new ResponseStatusException(HttpStatus.FORBIDDEN,
					"Exports of queries are off; 'sample.export.queries=true' turns them on");
		}
		return this.bulkCopy.copyOutQuery(query);
	}

}
