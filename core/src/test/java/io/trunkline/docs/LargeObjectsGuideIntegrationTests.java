package io.trunkline.docs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.largeobject.LargeObject;
import io.trunkline.largeobject.LargeObjectMode;
import io.trunkline.largeobject.LargeObjectNotFoundException;
import io.trunkline.largeobject.LargeObjectPrivilege;
import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.largeobject.LargeObjectTransfer;
import io.trunkline.largeobject.OrphanReport;
import io.trunkline.largeobject.OrphanSweep;
import io.trunkline.largeobject.OrphanedLargeObjects;
import io.trunkline.largeobject.TransferOptions;
import io.trunkline.largeobject.TransferProgress;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.ReactiveTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.reactive.TransactionalOperator;
import org.springframework.transaction.support.DefaultTransactionDefinition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The code of {@code docs/large-objects.md} and of the README. The pages show what stands
 * between the tags, which {@link DocumentationTests} checks.
 */
@Timeout(60)
class LargeObjectsGuideIntegrationTests {

	private static final String SCHEMA = """
			-- tag::schema[]
			CREATE TABLE document (
				id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
				name text NOT NULL,
				content oid NOT NULL,
				sha256 text NOT NULL
			);
			-- end::schema[]
			CREATE TABLE attachment (content_oid bigint);
			CREATE TABLE audit (query_id oid);
			""";

	private static final String TRIGGER = """
			-- tag::trigger[]
			CREATE FUNCTION unlink_content() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN
				PERFORM lo_unlink(OLD.content);
				RETURN NULL;
			END $$;

			CREATE TRIGGER document_content_deleted AFTER DELETE ON document
				FOR EACH ROW EXECUTE FUNCTION unlink_content();

			CREATE TRIGGER document_content_replaced AFTER UPDATE OF content ON document
				FOR EACH ROW WHEN (OLD.content IS DISTINCT FROM NEW.content) EXECUTE FUNCTION unlink_content();
			-- end::trigger[]
			""";

	private static final PostgresTestServer server = PostgresTestServer.get();

	private static final Set<String> observed = ConcurrentHashMap.newKeySet();

	private static String database;

	private static AnnotationConfigApplicationContext context;

	private static LargeObjectTemplate largeObjects;

	private static ContentStore store;

	private static Documents documents;

	private static DatabaseClient client;

	@BeforeAll
	static void start() {
		database = server.createDatabase();
		server.executeIn(database, SCHEMA);
		context = new AnnotationConfigApplicationContext(Application.class, ContentStore.class, Documents.class,
				Batches.class);
		largeObjects = context.getBean(LargeObjectTemplate.class);
		store = context.getBean(ContentStore.class);
		documents = context.getBean(Documents.class);
		client = context.getBean(DatabaseClient.class);
	}

	@AfterAll
	static void stop() {
		context.close();
		server.dropDatabase(database);
	}

	@Test
	void uploadsAndDownloads() {
		Long oid = store.upload(content("The quick brown fox")).block();
		assertThat(text(store.download(oid))).isEqualTo("The quick brown fox");
		assertThat(store.countNewlines(store.upload(content("a\nb\n")).block()).block()).isEqualTo(2);
	}

	@Test
	void readsRanges() {
		Long oid = store.upload(content("The quick brown fox")).block();
		assertThat(text(store.readRange(oid))).isEqualTo("quick");
		assertThat(text(largeObjects.read(oid, 16, 1000))).isEqualTo("fox");
		assertThat(text(largeObjects.read(oid, 1000, 5))).isEmpty();
	}

	@Test
	void digestsAndReportsProgress() {
		List<TransferProgress> progress = new ArrayList<>();
		LargeObjectTransfer up = store.uploadWithDigest(content("abc", "defg"), 7, progress::add).block();
		assertThat(up.sha256()).isEqualTo("7d1a54127b222502f5b79b5fb0803061152a44f92b37e23c6527baf665d4da9a");
		assertThat(progress).last().isEqualTo(new TransferProgress(7, 7L));
		AtomicReference<String> digest = new AtomicReference<>();
		assertThat(text(store.downloadWithDigest(up.oid(), digest::set))).isEqualTo("abcdefg");
		assertThat(digest).hasValue(up.sha256());
	}

	@Test
	void changesAnObject() {
		Long oid = store.upload(content("0123456789")).block();
		LargeObject after = store.change(oid).block();
		assertThat(after.size()).isEqualTo(8);
		assertThat(text(largeObjects.read(oid))).isEqualTo("ab..ef\0\0");
	}

	@Test
	void asksAboutAnObjectAndCopiesIt() {
		Long oid = store.upload(content("0123456789")).block();
		Long copy = store.copyOf(oid).block();
		assertThat(copy).isNotEqualTo(oid);
		assertThat(text(largeObjects.read(copy))).isEqualTo("0123456789");
		assertThat(largeObjects.exists(copy).block()).isTrue();
		assertThat(store.copyOf(largeObjects.delete(oid).thenReturn(oid).block()).block()).isNull();
	}

	@Test
	void worksByPosition() {
		Long oid = store.upload(content("header: old")).block();
		assertThat(store.replaceTail(oid, 3, content("ne")).block()).isEqualTo(10);
		assertThat(text(largeObjects.read(oid))).isEqualTo("header: ne");
	}

	@Test
	void storesTheContentAndItsRowTogether() {
		Document stored = documents.add("a.txt", content("abc")).block();
		assertThat(text(documents.read(stored.id()))).isEqualTo("abc");
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(
				() -> documents.add("b.txt", content("abc").concatWith(Mono.error(new IllegalStateException("gone"))))
					.block());
		assertThat(documents.all().map(Document::name).collectList().block()).doesNotContain("b.txt");
		Batches batches = context.getBean(Batches.class);
		assertThat(batches.addBoth(content("1"), content("2")).collectList().block()).hasSize(2);
	}

	@Test
	void readsInAReadOnlyTransactionAndRefusesToWriteThere() {
		Long oid = store.upload(content("abc")).block();
		DefaultTransactionDefinition definition = new DefaultTransactionDefinition();
		definition.setReadOnly(true);
		TransactionalOperator readOnly = TransactionalOperator.create(context.getBean(ReactiveTransactionManager.class),
				definition);
		assertThat(text(readOnly.transactional(store.download(oid)))).isEqualTo("abc");
		Mono<Long> write = readOnly.transactional(store.upload(content("abc")));
		if (server.majorVersion() >= 16) {
			assertThatExceptionOfType(InvalidDataAccessApiUsageException.class).isThrownBy(write::block);
		}
		else {
			assertThat(write.block()).isPositive();
		}
	}

	@Test
	void deletesTheContentWithItsRow() {
		Document stored = documents.add("c.txt", content("abc")).block();
		Document replaced = documents.replace(stored.id(), content("defg")).block();
		assertThat(largeObjects.exists(stored.content()).block()).isFalse();
		assertThat(text(documents.read(stored.id()))).isEqualTo("defg");
		documents.remove(stored.id()).block();
		assertThat(largeObjects.exists(replaced.content()).block()).isFalse();
	}

	@Test
	void aTriggerDeletesTheContentWithItsRow() {
		String other = server.createDatabase();
		try {
			server.executeIn(other, SCHEMA, TRIGGER);
			DatabaseClient otherClient = DatabaseClient.create(server.connectionFactoryFor(other));
			LargeObjectTemplate otherTemplate = LargeObjectTemplate.create(server.connectionFactoryFor(other));
			List<Long> oids = Flux.range(0, 2)
				.concatMap((i) -> otherTemplate.write(content("x")).map(LargeObjectTransfer::oid))
				.collectList()
				.block();
			otherClient.sql("INSERT INTO document (name, content, sha256) VALUES ('a', :content, '')")
				.bind("content", oids.get(0))
				.then()
				.block();
			otherClient.sql("UPDATE document SET content = :content").bind("content", oids.get(1)).then().block();
			assertThat(otherTemplate.exists(oids.get(0)).block()).isFalse();
			assertThat(otherTemplate.exists(oids.get(1)).block()).isTrue();
			otherClient.sql("DELETE FROM document").then().block();
			assertThat(otherTemplate.exists(oids.get(1)).block()).isFalse();
		}
		finally {
			server.dropDatabase(other);
		}
	}

	@Test
	void importsAndExportsFiles(@TempDir Path directory) throws IOException {
		Path source = Files.writeString(directory.resolve("in.txt"), "abc");
		Path target = directory.resolve("out.txt");
		assertThat(store.roundTrip(source, target).block().bytes()).isEqualTo(3);
		assertThat(target).hasContent("abc");
	}

	@Test
	void sweepsOrphans() {
		TestClock clock = new TestClock();
		OrphanedLargeObjects orphans = orphans(clock);
		Long orphan = store.upload(content("abc")).block();
		Long kept = documents.add("kept.txt", content("def")).block().content();
		Long attached = store.upload(content("ghi")).block();
		client.sql("INSERT INTO attachment VALUES (:oid)").bind("oid", attached).then().block();
		OrphanReport report = report(orphans).block();
		assertThat(report.count()).isPositive();
		clock.now = clock.now.plus(Duration.ofHours(2));
		assertThat(sweep(orphans, report).block().deleted()).isEqualTo(report.count());
		assertThat(Flux.just(orphan, kept, attached).concatMap(largeObjects::exists).collectList().block())
			.containsExactly(false, true, true);
	}

	@Test
	void grantsPrivileges() {
		String role = server.createRole("secret");
		try {
			Long oid = store.upload(content("abc")).block();
			LargeObjectTemplate others = LargeObjectTemplate
				.create(ConnectionFactories.get(server.options(role, "secret", database)));
			assertThatExceptionOfType(PermissionDeniedDataAccessException.class)
				.isThrownBy(() -> text(others.read(oid)));
			store.share(oid, role).block();
			assertThat(text(others.read(oid))).isEqualTo("abc");
			store.unshare(oid, role).block();
			assertThatExceptionOfType(PermissionDeniedDataAccessException.class)
				.isThrownBy(() -> others.stat(oid).block());
		}
		finally {
			server.executeIn(database, "DROP OWNED BY " + role + " CASCADE");
			server.dropRole(role);
		}
	}

	@Test
	void reportsErrorsByType() {
		Long oid = store.upload(content("abc")).block();
		assertThat(text(store.readOrNothing(oid))).isEqualTo("abc");
		largeObjects.delete(oid).block();
		assertThat(text(store.readOrNothing(oid))).isEmpty();
		assertThatExceptionOfType(LargeObjectNotFoundException.class).isThrownBy(() -> text(largeObjects.read(oid)));
		Long taken = largeObjects.create().block();
		assertThatExceptionOfType(DuplicateKeyException.class).isThrownBy(() -> largeObjects.create(taken).block());
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> text(largeObjects.read(taken, -1, 5)));
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> largeObjects.open(taken, LargeObjectMode.READ, (session) -> session.write(content("x")))
				.blockLast());
	}

	@Test
	void theGuideNamesTheObservations() throws IOException {
		uploadsAndDownloads();
		changesAnObject();
		asksAboutAnObjectAndCopiesIt();
		worksByPosition();
		grantsPrivileges();
		largeObjects.delete(largeObjects.create().block()).block();
		sweepsOrphans();
		String guide = Files.readString(Path.of("..", "docs", "large-objects.md"));
		Matcher names = Pattern.compile("`trunkline\\.largeobject\\.([a-z.]+)`").matcher(guide);
		assertThat(
				names.results().map((match) -> "trunkline.largeobject." + match.group(1)).collect(Collectors.toSet()))
			.isEqualTo(observed);
	}

	private static Flux<DataBuffer> content(String... parts) {
		return Flux.fromArray(parts)
			.map((part) -> DefaultDataBufferFactory.sharedInstance.wrap(part.getBytes(StandardCharsets.UTF_8)));
	}

	private static String text(Flux<DataBuffer> content) {
		return DataBufferUtils.join(content).map((buffer) -> {
			String text = buffer.toString(StandardCharsets.UTF_8);
			DataBufferUtils.release(buffer);
			return text;
		}).defaultIfEmpty("").block();
	}

	private static OrphanedLargeObjects orphans(Clock clock) {
		PostgresConnections connections = PostgresConnections.create(context.getBean(ConnectionFactory.class));
		// tag::orphans-builder[]
		OrphanedLargeObjects orphans = OrphanedLargeObjects.builder(connections)
			.referencedBy("public", "attachment", "content_oid")
			.ignoring("public", "audit", "query_id")
			.gracePeriod(Duration.ofHours(2))
			// end::orphans-builder[]
			.observationRegistry(context.getBean(ObservationRegistry.class))
			.clock(clock)
			// tag::orphans-builder[]
			.build();
		// end::orphans-builder[]
		return orphans;
	}

	// tag::orphans-find[]
	Mono<OrphanReport> report(OrphanedLargeObjects orphans) {
		return orphans.find()
			.doOnNext((report) -> System.out.println(report.count() + " orphans of " + report.bytes() + " bytes"));
	}
	// end::orphans-find[]

	// tag::orphans-delete[]
	Mono<OrphanSweep> sweep(OrphanedLargeObjects orphans, OrphanReport earlier) {
		return orphans.delete(earlier)
			.doOnNext((sweep) -> System.out.println(sweep.deleted() + " deleted in " + sweep.batches() + " batches"));
	}
	// end::orphans-delete[]

	// tag::inject[]
	@Service
	static class ContentStore {

		private final LargeObjectTemplate largeObjects;

		ContentStore(LargeObjectTemplate largeObjects) {
			this.largeObjects = largeObjects;
		}

		// end::inject[]
		// tag::upload[]
		Mono<Long> upload(Publisher<DataBuffer> content) {
			return this.largeObjects.write(content).map(LargeObjectTransfer::oid);
		}
		// end::upload[]

		// tag::download[]
		Flux<DataBuffer> download(long oid) {
			return this.largeObjects.read(oid);
		}
		// end::download[]

		// tag::release[]
		Mono<Long> countNewlines(long oid) {
			return this.largeObjects.read(oid).map((buffer) -> {
				try {
					return buffer.toString(StandardCharsets.ISO_8859_1).chars().filter((c) -> c == '\n').count();
				}
				finally {
					DataBufferUtils.release(buffer);
				}
			}).reduce(0L, Long::sum);
		}
		// end::release[]

		// tag::range[]
		Flux<DataBuffer> readRange(long oid) {
			return this.largeObjects.read(oid, 4, 5); // 5 bytes from position 4 on
		}
		// end::range[]

		// tag::options-write[]
		Mono<LargeObjectTransfer> uploadWithDigest(Publisher<DataBuffer> content, long size,
				Consumer<TransferProgress> progressBar) {
			TransferOptions options = TransferOptions.defaults()
				.withSha256()
				.withTotal(size) // the listener is told, nothing else
				.withProgress(progressBar);
			return this.largeObjects.write(content, options);
		}
		// end::options-write[]

		// tag::options-read[]
		Flux<DataBuffer> downloadWithDigest(long oid, Consumer<String> digest) {
			TransferOptions options = TransferOptions.defaults()
				.withSha256()
				.withCompletion((transfer) -> digest.accept(transfer.sha256()));
			return this.largeObjects.read(oid, options);
		}
		// end::options-read[]

		Mono<LargeObject> change(long oid) {
			Flux<DataBuffer> content = content("abcd");
			Flux<DataBuffer> more = content("ef");
			Flux<DataBuffer> patch = content("..");
			// tag::change[]
			return this.largeObjects.write(oid, content) // in place of all there was
				.then(this.largeObjects.append(oid, more))
				.then(this.largeObjects.writeAt(oid, 2, patch)) // over what is there
				.then(this.largeObjects.truncate(oid, 8)) // shorter, or longer with zeros
				.then(this.largeObjects.stat(oid)); // LargeObject[oid, size, owner]
			// end::change[]
		}

		// tag::copy[]
		Mono<Long> copyOf(long oid) {
			return this.largeObjects.exists(oid)
				.filter(Boolean::booleanValue)
				.flatMap((exists) -> this.largeObjects.copy(oid)); // on the server
		}
		// end::copy[]

		// tag::session[]
		Mono<Long> replaceTail(long oid, long length, Publisher<DataBuffer> tail) {
			return this.largeObjects
				.open(oid, LargeObjectMode.READ_WRITE,
						(session) -> session.seekToEnd(-length)
							.then(session.write(tail))
							.then(session.position())
							.flatMap((end) -> session.truncate(end).thenReturn(end)))
				.single();
		}
		// end::session[]

		// tag::files[]
		Mono<LargeObjectTransfer> roundTrip(Path source, Path target) {
			return this.largeObjects.importFrom(source)
				.flatMap((imported) -> this.largeObjects.exportTo(imported.oid(), target));
		}
		// end::files[]

		// tag::grant[]
		Mono<Void> share(long oid, String role) {
			return this.largeObjects.grant(oid, role, LargeObjectPrivilege.SELECT);
		}

		Mono<Void> unshare(long oid, String role) {
			return this.largeObjects.revoke(oid, role, LargeObjectPrivilege.SELECT);
		}
		// end::grant[]

		// tag::errors[]
		Flux<DataBuffer> readOrNothing(long oid) {
			return this.largeObjects.read(oid).onErrorResume(LargeObjectNotFoundException.class, (ex) -> Flux.empty());
		}
		// end::errors[]

		// tag::inject[]

	}
	// end::inject[]

	// tag::record[]
	record Document(long id, String name, long content, String sha256) {
	}
	// end::record[]

	@Service
	static class Documents {

		private final LargeObjectTemplate largeObjects;

		private final DatabaseClient database;

		Documents(LargeObjectTemplate largeObjects, DatabaseClient database) {
			this.largeObjects = largeObjects;
			this.database = database;
		}

		// tag::transactional[]
		@Transactional
		Mono<Document> add(String name, Publisher<DataBuffer> content) {
			return this.largeObjects.write(content, TransferOptions.defaults().withSha256())
				.flatMap((written) -> this.database
					.sql("INSERT INTO document (name, content, sha256) VALUES (:name, :content, :sha256) RETURNING id")
					.bind("name", name)
					.bind("content", written.oid())
					.bind("sha256", written.sha256())
					.mapValue(Long.class)
					.one()
					.map((id) -> new Document(id, name, written.oid(), written.sha256())));
		}
		// end::transactional[]

		// tag::find[]
		Mono<Document> find(long id) {
			return this.database.sql("SELECT id, name, content::bigint AS content, sha256 FROM document WHERE id = :id")
				.bind("id", id)
				.mapProperties(Document.class)
				.one();
		}
		// end::find[]

		Flux<Document> all() {
			return this.database.sql("SELECT id, name, content::bigint AS content, sha256 FROM document")
				.mapProperties(Document.class)
				.all();
		}

		Flux<DataBuffer> read(long id) {
			return find(id).flatMapMany((document) -> this.largeObjects.read(document.content()));
		}

		// tag::delete[]
		@Transactional
		Mono<Void> remove(long id) {
			return this.database.sql("DELETE FROM document WHERE id = :id RETURNING content::bigint")
				.bind("id", id)
				.mapValue(Long.class)
				.one()
				.flatMap((oid) -> this.largeObjects.delete(oid));
		}
		// end::delete[]

		// tag::replace[]
		@Transactional
		Mono<Document> replace(long id, Publisher<DataBuffer> content) {
			return find(id).flatMap((old) -> this.largeObjects.write(content, TransferOptions.defaults().withSha256())
				.flatMap((written) -> this.database
					.sql("UPDATE document SET content = :content, sha256 = :sha256 WHERE id = :id")
					.bind("content", written.oid())
					.bind("sha256", written.sha256())
					.bind("id", id)
					.then()
					.then(this.largeObjects.delete(old.content()))
					.thenReturn(new Document(id, old.name(), written.oid(), written.sha256()))));
		}
		// end::replace[]

	}

	// tag::operator[]
	@Service
	static class Batches {

		private final LargeObjectTemplate largeObjects;

		private final TransactionalOperator transaction;

		Batches(LargeObjectTemplate largeObjects, ReactiveTransactionManager transactionManager) {
			this.largeObjects = largeObjects;
			this.transaction = TransactionalOperator.create(transactionManager);
		}

		Flux<Long> addBoth(Publisher<DataBuffer> first, Publisher<DataBuffer> second) {
			return Flux.concat(this.largeObjects.write(first), this.largeObjects.write(second))
				.map(LargeObjectTransfer::oid)
				.as(this.transaction::transactional); // both or none
		}

	}
	// end::operator[]

	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement
	static class Application {

		@Bean(destroyMethod = "dispose")
		ConnectionPool connectionFactory() {
			return new ConnectionPool(
					ConnectionPoolConfiguration.builder(server.connectionFactoryFor(database)).maxSize(2).build());
		}

		@Bean
		DatabaseClient databaseClient(ConnectionFactory connectionFactory) {
			return DatabaseClient.create(connectionFactory);
		}

		@Bean
		ReactiveTransactionManager transactionManager(ConnectionFactory connectionFactory) {
			return new R2dbcTransactionManager(connectionFactory);
		}

		@Bean
		ObservationRegistry observationRegistry() {
			ObservationRegistry registry = ObservationRegistry.create();
			registry.observationConfig().observationHandler(new ObservationHandler<>() {

				@Override
				public void onStop(Observation.Context context) {
					observed.add(context.getName());
				}

				@Override
				public boolean supportsContext(Observation.Context context) {
					return true;
				}

			});
			return registry;
		}

		@Bean
		LargeObjectTemplate largeObjectTemplate(ConnectionFactory connectionFactory, ObservationRegistry registry) {
			return LargeObjectTemplate.builder(connectionFactory).observationRegistry(registry).build();
		}

	}

	private static final class TestClock extends Clock {

		private volatile Instant now = Instant.now();

		@Override
		public ZoneOffset getZone() {
			return ZoneOffset.UTC;
		}

		@Override
		public Clock withZone(ZoneId zone) {
			throw new UnsupportedOperationException();
		}

		@Override
		public Instant instant() {
			return this.now;
		}

	}

}
