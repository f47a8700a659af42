package io.trunkline.table;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A table's life from its creation to its end, as an application without entities has it.
 */
class TableScenarioIntegrationTests extends TableFixture {

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void livesFromCreationToDrop(boolean transaction) {
		List<Map<String, Object>> columns = List.of(
				Map.of("name", "ид", "type", "bigint", "options", Map.of("primary_key", true)),
				Map.of("name", "имя", "type", String.class, "options", Map.of("default", "без имени", "unique", true)),
				Map.of("name", "город", "type", "text"), Map.of("name", "возраст", "type", "int"));
		assertThat(get(this.pool.within(transaction, this.tables.createTable("new_users", columns).execute())))
			.isTrue();
		assertThat(get(this.tables.insert("new_users")
			.row(Map.of("ид", 1, "имя", "Анна", "город", "Казань", "возраст", 30))
			.execute())).isEqualTo(1);
		List<Map<String, Object>> four = List.of(Map.of("ид", 1, "имя", "Другая", "город", "Тула", "возраст", 1),
				Map.of("ид", 2, "имя", "Борис", "город", "Омск", "возраст", 41),
				Map.of("ид", 3, "имя", "Вера", "город", "Пермь", "возраст", 22),
				Map.of("ид", 4, "имя", "Анна", "город", "Сочи", "возраст", 19));
		assertThat(get(this.pool.within(transaction, this.tables.upsert("new_users").ignore().rows(four).execute())))
			.isEqualTo(new UpsertResult(2, 0));
		List<Map<String, Object>> three = List.of(Map.of("ид", 2, "имя", "Борис", "город", "Томск", "возраст", 42),
				Map.of("ид", 4, "имя", "Глеб", "город", "Сочи", "возраст", 19),
				Map.of("ид", 5, "имя", "Дарья", "город", "Уфа", "возраст", 35));
		assertThat(get(this.tables.upsert("new_users").rows(three).execute())).isEqualTo(new UpsertResult(2, 1));
		assertThat(list(this.tables.select("new_users").where(Map.of("город", "Казань")).all()))
			.containsExactly(Map.of("ид", 1L, "имя", "Анна", "город", "Казань", "возраст", 30));
		assertThat(list(this.tables.select("new_users")
			.columns("имя")
			.where(List.of(Map.of("ид", 1, "возраст", 30), Map.of("город", List.of("Уфа", "Сочи"))))
			.orderBy("ид")
			.all())).extracting((row) -> row.get("имя")).containsExactly("Анна", "Глеб", "Дарья");
		assertThat(get(this.tables.select("new_users").columns("имя", "возраст").where(Map.of("ид", 2)).one()))
			.isEqualTo(Map.of("имя", "Борис", "возраст", 42));
		assertThat(get(this.tables.update("new_users").where(Map.of("ид", 3)).set(Map.of("возраст", "23")).execute()))
			.isEqualTo(1);
		assertThat(get(this.tables.update("new_users")
			.where(List.of(Map.of("ид", 1), Map.of("ид", 5)))
			.set(Map.of("город", "Москва"))
			.execute())).isEqualTo(2);
		assertThat(get(this.tables.delete("new_users").where(Map.of("город", "Томск")).execute())).isEqualTo(1);
		assertThat(get(this.tables.delete("new_users").where(List.of(Map.of("ид", 3), Map.of("ид", 4))).execute()))
			.isEqualTo(2);
		failure(DeletionDeniedException.class, this.tables.deleteAll("new_users", "не тот"));
		assertThat(count("new_users")).isEqualTo(2);
		assertThat(get(this.pool.within(transaction, this.tables.deleteAll("new_users", PASSWORD)))).isEqualTo(2);
		failure(DeletionDeniedException.class, this.tables.dropTable("new_users", "не тот"));
		assertThat(count("new_users")).isZero();
		this.pool.within(transaction, this.tables.dropTable("new_users", PASSWORD)).block();
		assertThat(value("SELECT to_regclass('new_users')")).isEqualTo("null");
	}

	@Test
	void givesDefaults() {
		get(this.tables
			.createTable("new_users", ColumnDefinition.of("ид", Long.class).primaryKey().autoincrement(),
					ColumnDefinition.of("имя", String.class).defaultValue("д'Артаньян \\ \" ; --").unique(),
					ColumnDefinition.of("создан", "timestamptz").defaultExpression("now()").notNull())
			.execute());
		assertThat(list(this.tables.insert("new_users").row(Map.of()).returning("ид", "имя")))
			.containsExactly(Map.of("ид", 1L, "имя", "д'Артаньян \\ \" ; --"));
	}

}
