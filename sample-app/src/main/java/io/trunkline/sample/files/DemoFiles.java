package io.trunkline.sample.files;

import java.nio.charset.StandardCharsets;
import java.util.Random;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.stereotype.Component;

/**
 * Stores some files, always the same ones, where the application is started with
 * {@code --demo} and has none yet.
 */
@Component
@ConditionalOnProperty("demo")
class DemoFiles implements ApplicationRunner {

	private static final int LINES = 20_000;

	private static final int CIRCLES = 60;

	private final FileStore files;

	private final Random random = new Random(2026);

	DemoFiles(FileStore files) {
		this.files = files;
	}

	@Override
	public void run(ApplicationArguments arguments) {
		this.files.findAll()
			.hasElements()
			.filter((some) -> !some)
			.flatMap((none) -> store("welcome.txt", "text/plain;charset=UTF-8",
					Flux.just("This file is a large object. So is the picture beside it.\n"))
				.then(store("measurements.csv", "text/csv;charset=UTF-8", measurements()))
				.then(store("circles.svg", "image/svg+xml", circles())))
			.block();
	}

	private Mono<StoredFile> store(String name, String contentType, Flux<String> content) {
		Flux<DataBuffer> data = content
			.map((text) -> DefaultDataBufferFactory.sharedInstance.wrap(text.getBytes(StandardCharsets.UTF_8)));
		return this.files.create(name, contentType, data);
	}

	private Flux<String> measurements() {
		return Flux.just("number,sensor,value\n")
			.concatWith(Flux.range(1, LINES)
				.map((number) -> number + "," + (char) ('A' + this.random.nextInt(26)) + ","
						+ this.random.nextInt(10_000) / 100.0 + "\n"));
	}

	private Flux<String> circles() {
		return Flux.just("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 400\">\n")
			.concatWith(Flux.range(1, CIRCLES)
				.map((number) -> "<circle cx=\"%d\" cy=\"%d\" r=\"%d\" fill=\"hsl(%d 70%% 55%% / 60%%)\"/>%n".formatted(
						this.random.nextInt(640), this.random.nextInt(400), 10 + this.random.nextInt(50),
						this.random.nextInt(360))))
			.concatWith(Flux.just("</svg>\n"));
	}

}
