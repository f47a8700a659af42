package io.trunkline.docs;

import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.trunkline.copy.DuplicateKeys;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.table.ColumnDefinition;
import io.trunkline.table.DeletionDeniedException;
import io.trunkline.table.DeletionGuard;
import io.trunkline.table.TableManager;
import io.trunkline.table.UpsertResult;
import io.trunkline.testing.TestPool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.data.domain.KeysetScrollPosition;
import org.springframework.data.domain.Page;
import org.springframework.data.domain.PageRequest;
import org.springframework.data.domain.ScrollPosition;
import org.springframework.data.domain.Window;
import org.springframework.data.relational.core.query.Criteria;
import org.springframework.stereotype.Service;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The code of {@code docs/table-manager.md}.
 */
class TableManagerGuideIntegrationTests {

	private final PostgresTestServer server = PostgresTestServer.get();

	private final String database = this.server.createDatabase();

	private final TestPool pool = TestPool.ofOne(this.database);

	private final TableManager tables = TableManager.builder(this.pool.connectionFactory())
		.deletionGuard(DeletionGuard.password("open sesame"))
		.build();

	@BeforeEach
	void createTable() {
		create().block();
	}

	@AfterEach
	void dropDatabase() {
		this.pool.close();
		this.server.dropDatabase(this.database);
	}

	// tag::service[]
	@Service
	static class Users {

		private final TableManager tables;

		Users(TableManager tables) {
			this.tables = tables;
		}

		Mono<Long> add(Map<String, ?> user) {
			return this.tables.insert("users").row(user).execute();
		}

		Flux<Map<String, @Nullable Object>> inCity(String city) {
			return this.tables.select("users").columns("id", "name").where(Map.of("city", city)).orderBy("name").all();
		}

	}
	// end::service[]

	private Mono<Boolean> create() {
		// tag::create[]
		Mono<Boolean> created = this.tables
			.createTable("users", ColumnDefinition.of("id", Long.class).primaryKey().autoincrement(),
					ColumnDefinition.of("name", String.class).notNull().unique(),
					ColumnDefinition.of("city", "varchar(100)").defaultValue("unknown").index(),
					ColumnDefinition.of("born", LocalDate.class).check("born > '1900-01-01'"),
					ColumnDefinition.of("created", "timestamptz").defaultExpression("now()"),
					ColumnDefinition.of("settings", Map.class).comment("what the user has chosen"))
			.ifNotExists()
			.execute();
		// end::create[]
		return created;
	}

	@Test
	void createsByMaps() {
		// tag::maps[]
		List<Map<String, Object>> columns = List.of(
				Map.of("name", "order_id", "type", "bigint", "options", Map.of("primary_key", true)),
				Map.of("name", "line", "type", "int", "options", Map.of("primary_key", true)),
				Map.of("name", "buyer", "type", "bigint", "options", Map.of("references", "users.id")));
		Mono<Boolean> created = this.tables.createTable("order_lines", columns).execute();
		// end::maps[]
		assertThat(created.block()).isTrue();
	}

	@Test
	void selects() {
		Users users = new Users(this.tables);
		users.add(Map.of("name", "Anna", "city", "Kazan", "born", "1990-02-28")).block();
		users.add(Map.of("name", "Boris", "settings", Map.of("theme", "dark", "sizes", List.of(1, 2)))).block();
		assertThat(users.inCity("Kazan").collectList().block()).extracting("name").containsExactly("Anna");
		// tag::where[]
		Flux<Map<String, @Nullable Object>> some = this.tables.select("users")
			.where(List.of(Map.of("city", List.of("Kazan", "Omsk"), "name", "Anna"), Map.of("id", 2)))
			.all();
		Flux<Map<String, @Nullable Object>> young = this.tables.select("users")
			.where(Criteria.where("born").greaterThan(LocalDate.of(1980, 1, 1)).and("name").like("a%").ignoreCase(true))
			.all();
		// end::where[]
		assertThat(some.count().block()).isEqualTo(2);
		assertThat(young.count().block()).isEqualTo(1);
		// tag::results[]
		Mono<Map<String, @Nullable Object>> anna = this.tables.select("users").where(Map.of("name", "Anna")).one();
		Mono<User> asRecord = this.tables.select("users").where(Map.of("name", "Anna")).as(User.class).one();
		Mono<Long> count = this.tables.select("users").where(Map.of("city", "Kazan")).count();
		Mono<Page<Map<String, @Nullable Object>>> page = this.tables.select("users")
			.orderBy("name")
			.page(PageRequest.of(0, 20));
		Mono<Window<Map<String, @Nullable Object>>> next = this.tables.select("users")
			.orderBy("name")
			.limit(20)
			.scroll(ScrollPosition.keyset())
			.flatMap((window) -> this.tables.select("users")
				.orderBy("name")
				.limit(20)
				.scroll((KeysetScrollPosition) window.positionAt(window.size() - 1)));
		// end::results[]
		assertThat(anna.block()).containsEntry("born", LocalDate.of(1990, 2, 28));
		assertThat(asRecord.block()).isEqualTo(new User(1, "Anna", "Kazan"));
		assertThat(count.block()).isEqualTo(1);
		assertThat(Objects.requireNonNull(page.block()).getTotalElements()).isEqualTo(2);
		assertThat(Objects.requireNonNull(next.block()).isEmpty()).isTrue();
	}

	@Test
	void writes() {
		Flux<Map<String, Object>> imported = Flux.just(Map.of("name", "Anna", "city", "Omsk"), Map.of("name", "Boris"),
				Map.of("name", "Anna", "city", "Perm"));
		// tag::upsert[]
		Mono<UpsertResult> upserted = this.tables.upsert("users")
			.onConflict("name")
			.duplicateKeys(DuplicateKeys.LAST)
			.rows(imported)
			.execute();
		// end::upsert[]
		assertThat(upserted.block()).isEqualTo(new UpsertResult(2, 0));
		// tag::returning[]
		Flux<Map<String, @Nullable Object>> moved = this.tables.update("users")
			.where(Map.of("city", "Perm"))
			.set(Map.of("city", "Ufa"))
			.atMost(10)
			.returning("id", "city");
		Mono<Long> deleted = this.tables.delete("users").where(Map.of("name", List.of("Boris", "Vera"))).execute();
		// end::returning[]
		assertThat(moved.collectList().block()).extracting("city").containsExactly("Ufa");
		assertThat(deleted.block()).isEqualTo(1);
		// tag::guard[]
		Mono<Long> emptied = this.tables.deleteAll("users", "open sesame");
		Mono<Void> refused = this.tables.dropTable("users", "a guess");
		// end::guard[]
		assertThat(emptied.block()).isEqualTo(1);
		assertThat(refused.materialize().mapNotNull((signal) -> signal.getThrowable()).block())
			.isInstanceOf(DeletionDeniedException.class);
	}

	// tag::role[]
	static DeletionGuard administrators(Mono<List<String>> roles) {
		return (request, password) -> roles.filter((names) -> names.contains("ADMIN"))
			.switchIfEmpty(Mono.error(() -> new DeletionDeniedException(request, "it takes the role ADMIN")))
			.then();
	}
	// end::role[]

	@Test
	void asksForARole() {
		TableManager guarded = TableManager.builder(this.pool.connectionFactory())
			.deletionGuard(administrators(Mono.just(List.of("USER"))))
			.build();
		assertThat(guarded.truncate("users", null).materialize().mapNotNull((signal) -> signal.getThrowable()).block())
			.hasMessageContaining("ADMIN");
		assertThat(TableManager.builder(this.pool.connectionFactory())
			.deletionGuard(administrators(Mono.just(List.of("ADMIN"))))
			.build()
			.truncate("users", null)
			.blockOptional()).isEmpty();
	}

	record User(long id, String name, String city) {
	}

}
