package io.trunkline.sample.transfer;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import io.trunkline.copy.BulkCopyService;
import io.trunkline.copy.Compression;
import io.trunkline.copy.CopyProgress;
import io.trunkline.copy.LoadReport;
import io.trunkline.copy.LoadSpec;
import io.trunkline.copy.Rejects;
import io.trunkline.sample.ProblemHandler;
import io.trunkline.sample.TableAccess;
import io.trunkline.sample.TableChanges;
import io.trunkline.sample.TableChanges.Change;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * Imports a request's body into a table, as it arrives. A client that goes away imports
 * nothing.
 */
@RestController
@RequestMapping("/api/import/{table}")
class ImportController {

	/** A person sees no more of them, and each chunk of the body has one. */
	private static final long NANOS_BETWEEN_EVENTS = Duration.ofMillis(250).toNanos();

	/** What is around a file in a form is no row. */
	private static final String NO_FORM = "!" + MediaType.MULTIPART_FORM_DATA_VALUE;

	private final BulkCopyService bulkCopy;

	private final TableAccess access;

	private final TableChanges changes;

	private final ProblemHandler problems;

	private final Map<String, CopyProgress> running = new ConcurrentHashMap<>();

	ImportController(BulkCopyService bulkCopy, TableAccess access, TableChanges changes, ProblemHandler problems) {
		this.bulkCopy = bulkCopy;
		this.access = access;
		this.changes = changes;
		this.problems = problems;
	}

	@PostMapping(consumes = NO_FORM)
	Mono<ImportReport> load(@PathVariable String table, @RequestParam(defaultValue = "csv") DataFormat format,
			@RequestParam(defaultValue = "false") boolean header,
			@RequestParam(defaultValue = "append") ImportMode mode, @RequestParam(defaultValue = "") List<String> key,
			@RequestParam(defaultValue = "stop") OnError onError, @RequestParam(defaultValue = "") String rejectsTable,
			@RequestParam(defaultValue = "") String id, ServerHttpRequest request) {
		LoadSpec spec = spec(table, format, header, mode, key, onError, rejectsTable, request);
		return load(table, id, spec, (progress) -> {
		}, request).map(ImportReport::of);
	}

	/**
	 * The same with events: {@code progress} as it goes, and {@code report} or
	 * {@code problem} at the end.
	 */
	@PostMapping(consumes = NO_FORM, produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	Flux<ServerSentEvent<Object>> loadWithProgress(@PathVariable String table,
			@RequestParam(defaultValue = "csv") DataFormat format, @RequestParam(defaultValue = "false") boolean header,
			@RequestParam(defaultValue = "append") ImportMode mode, @RequestParam(defaultValue = "") List<String> key,
			@RequestParam(defaultValue = "stop") OnError onError, @RequestParam(defaultValue = "") String rejectsTable,
			@RequestParam(defaultValue = "") String id, ServerHttpRequest request) {
		LoadSpec spec = spec(table, format, header, mode, key, onError, rejectsTable, request);
		// Who reads slowly is told of the latest progress only.
		return Flux.create((events) -> events.onDispose(load(table, id, spec, request, events)),
				FluxSink.OverflowStrategy.LATEST);
	}

	/**
	 * Tell how far an import has come, by the {@code id} that its client gave it; nothing
	 * where there is none at work. Browsers read no answer before they have sent all.
	 */
	@GetMapping("/progress")
	Mono<CopyProgress> progress(@RequestParam String id) {
		return Mono.justOrEmpty(this.running.get(id));
	}

	private Mono<LoadReport> load(String table, String id, LoadSpec spec, Consumer<CopyProgress> listener,
			ServerHttpRequest request) {
		LoadSpec told = spec.onProgress((progress) -> {
			// Not one that has just ended.
			this.running.computeIfPresent(id, (key, before) -> progress);
			listener.accept(progress);
		});
		Mono<LoadReport> load = this.access.toChange(table)
			.flatMap((info) -> this.changes.tell(told.from(request.getBody()),
					(report) -> Change.of(info, "import", report.inserted() + report.updated())));
		return id.isEmpty() ? load
				: load.doOnSubscribe((subscription) -> this.running.put(id, new CopyProgress(0L, 0, 0, null)))
					.doFinally((signal) -> this.running.remove(id));
	}

	private Disposable load(String table, String id, LoadSpec spec, ServerHttpRequest request,
			FluxSink<ServerSentEvent<Object>> events) {
		AtomicLong next = new AtomicLong(System.nanoTime());
		Mono<LoadReport> load = load(table, id, spec, (progress) -> {
			long now = System.nanoTime();
			if (now - next.get() >= 0) {
				next.set(now + NANOS_BETWEEN_EVENTS);
				events.next(event("progress", progress));
			}
		}, request);
		return load.contextWrite(events.contextView()).subscribe((report) -> {
			events.next(event("report", ImportReport.of(report)));
			events.complete();
		}, (ex) -> {
			events.next(event("problem", this.problems.problem(ex, request)));
			events.complete();
		});
	}

	private LoadSpec spec(String table, DataFormat format, boolean header, ImportMode mode, List<String> key,
			OnError onError, String rejectsTable, ServerHttpRequest request) {
		LoadSpec spec = this.bulkCopy.load(table)
			.format(format.toCopyFormat(header))
			.compression(compression(request.getHeaders()))
			.merge(mode.merge(key));
		if (header && format == DataFormat.CSV) {
			spec = spec.columnsFromHeader();
		}
		if (onError == OnError.REJECT) {
			spec = spec
				.reject(rejectsTable.isEmpty() ? Rejects.unlimited() : Rejects.unlimited().toTable(rejectsTable));
		}
		long length = request.getHeaders().getContentLength();
		return (length > 0) ? spec.total(length) : spec;
	}

	private static Compression compression(HttpHeaders headers) {
		String encoding = String.valueOf(headers.getFirst(HttpHeaders.CONTENT_ENCODING));
		return switch (encoding) {
			case "gzip" -> Compression.GZIP;
			case "zstd" -> Compression.ZSTD;
			default -> Compression.NONE;
		};
	}

	private static ServerSentEvent<Object> event(String name, Object data) {
		return ServerSentEvent.builder(data).event(name).build();
	}

}
