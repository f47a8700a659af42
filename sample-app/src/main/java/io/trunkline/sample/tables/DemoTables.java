package io.trunkline.sample.tables;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

import io.trunkline.client.PostgresClient;
import io.trunkline.table.ColumnDefinition;
import io.trunkline.table.TableManager;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;

/**
 * Fills related tables with a few thousand rows, always the same ones, where the
 * application is started with {@code --demo} and they are not there yet.
 */
@Component
@ConditionalOnProperty("demo")
class DemoTables implements ApplicationRunner {

	private static final int CUSTOMERS = 500;

	private static final int PRODUCTS = 120;

	private static final int ORDERS = 2500;

	private static final List<String> FIRST_NAMES = List.of("Ada", "Alan", "Barbara", "Dennis", "Edsger", "Grace",
			"Katherine", "Linus", "Margaret", "Андрей", "Софья", "小林");

	private static final List<String> LAST_NAMES = List.of("Berg", "Castillo", "Dubois", "Eriksson", "Fontana",
			"Горбунова", "Hughes", "Ivanov", "Jensen", "Kovács", "Müller", "Nakamura");

	private static final List<String> CITIES = List.of("Amsterdam", "Bergen", "Казань", "Lisboa", "Łódź", "Osaka",
			"São Paulo", "Zürich");

	private static final List<String> GOODS = List.of("Kettle", "Lamp", "Notebook", "Backpack", "Chair", "Teapot",
			"Umbrella", "Radio", "Clock", "Blanket");

	private static final List<String> COLOURS = List.of("blue", "green", "red", "white", "black", "yellow");

	private static final List<String> STATES = List.of("new", "paid", "sent", "returned");

	private final TableManager tables;

	private final PostgresClient client;

	private final Random random = new Random(2026);

	DemoTables(TableManager tables, PostgresClient client) {
		this.tables = tables;
		this.client = client;
	}

	@Override
	public void run(ApplicationArguments arguments) {
		this.client
			.inTransaction((tx) -> create("customers", ColumnDefinition.of("name", String.class).notNull(),
					ColumnDefinition.of("email", String.class).notNull().unique(),
					ColumnDefinition.of("city", String.class).index(), ColumnDefinition.of("joined", LocalDate.class))
				.filter(Boolean::booleanValue)
				.flatMap((created) -> fill()))
			.blockLast();
	}

	private Mono<Void> fill() {
		return create("products", ColumnDefinition.of("name", String.class).notNull(),
				ColumnDefinition.of("price", "numeric(8,2)").notNull().check("price >= 0"),
				ColumnDefinition.of("tags", "text[]"), ColumnDefinition.of("details", Map.class))
			.then(create("orders", ColumnDefinition.of("customer", Long.class).notNull().references("customers", "id"),
					ColumnDefinition.of("placed", OffsetDateTime.class).notNull().defaultExpression("now()").index(),
					ColumnDefinition.of("state", String.class)
						.notNull()
						.defaultValue("new")
						.check("state IN ('new', 'paid', 'sent', 'returned')")))
			.then(this.tables
				.createTable("order_lines",
						ColumnDefinition.of("order_id", Long.class).primaryKey().references("orders", "id"),
						ColumnDefinition.of("line", Integer.class).primaryKey(),
						ColumnDefinition.of("product", Long.class).notNull().references("products", "id"),
						ColumnDefinition.of("quantity", Integer.class).notNull().check("quantity > 0"))
				.execute())
			.then(insert("customers", CUSTOMERS, this::customer))
			.then(insert("products", PRODUCTS, this::product))
			.then(insert("orders", ORDERS, this::order))
			.then(this.tables.insert("order_lines")
				.rows(Flux.range(1, ORDERS).concatMapIterable(this::lines))
				.execute())
			.then();
	}

	private Mono<Boolean> create(String table, ColumnDefinition... columns) {
		ColumnDefinition[] all = new ColumnDefinition[columns.length + 1];
		all[0] = ColumnDefinition.of("id", Long.class).primaryKey().autoincrement();
		System.arraycopy(columns, 0, all, 1, columns.length);
		return this.tables.createTable(table, all).ifNotExists().execute();
	}

	private Mono<Long> insert(String table, int rows, IntFunction<Map<String, Object>> row) {
		return this.tables.insert(table).rows(Flux.range(1, rows).map(row::apply)).execute();
	}

	private Map<String, Object> customer(int number) {
		return Map.of("name", any(FIRST_NAMES) + " " + any(LAST_NAMES), "email", "customer" + number + "@example.org",
				"city", any(CITIES), "joined", LocalDate.of(2020, 1, 1).plusDays(this.random.nextInt(2000)));
	}

	private Map<String, Object> product(int number) {
		String colour = any(COLOURS);
		return Map.of("name", any(GOODS) + " " + number, "price", BigDecimal.valueOf(this.random.nextInt(20_000), 2),
				"tags", List.of(colour, any(GOODS).toLowerCase(Locale.ROOT)), "details",
				Map.of("colour", colour, "grams", 50 + this.random.nextInt(5000)));
	}

	private Map<String, Object> order(int number) {
		return Map.of("customer", 1 + this.random.nextInt(CUSTOMERS), "placed",
				OffsetDateTime.of(2025, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC).plusMinutes(number * 300L), "state",
				any(STATES));
	}

	private List<Map<String, Integer>> lines(int order) {
		return IntStream.rangeClosed(1, 1 + this.random.nextInt(4))
			.mapToObj((line) -> Map.of("order_id", order, "line", line, "product", 1 + this.random.nextInt(PRODUCTS),
					"quantity", 1 + this.random.nextInt(5)))
			.toList();
	}

	private String any(List<String> values) {
		return values.get(this.random.nextInt(values.size()));
	}

}
