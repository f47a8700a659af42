package io.trunkline.copy;

import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.ColumnInfo.Identity;
import io.trunkline.schema.TableInfo;
import io.trunkline.schema.TableInfo.Kind;
import io.trunkline.schema.TableName;
import reactor.core.publisher.Mono;

/**
 * What a copy must know before it begins.
 *
 * @param info the table
 * @param serverVersion the server's major version
 */
record CopyTable(TableInfo info, int serverVersion) {

	private static final Pattern MAJOR_VERSION = Pattern.compile("\\d+");

	/**
	 * Look a table up.
	 */
	static Mono<CopyTable> find(CopySettings settings, TableName table) {
		return settings.catalog()
			.table(table.toString())
			.flatMap((info) -> serverVersion(settings.connections()).map((version) -> new CopyTable(info, version)));
	}

	/**
	 * Return the server's major version, which the driver knows since it connected.
	 */
	static Mono<Integer> serverVersion(PostgresConnections connections) {
		return connections.withConnection((connection) -> Mono.just(connection.getMetadata().getDatabaseVersion()))
			.singleOrEmpty()
			.map((version) -> {
				Matcher matcher = MAJOR_VERSION.matcher(version);
				return matcher.find() ? Integer.parseInt(matcher.group()) : 0;
			});
	}

	String toSql() {
		return this.info.quotedName();
	}

	/**
	 * Whether COPY can read it without a query.
	 */
	boolean isPlainTable() {
		return this.info.kind() == Kind.TABLE;
	}

	boolean isJson(String column) {
		return new RowColumn(column, this.info.column(column).type()).isJson();
	}

	/**
	 * Return the columns that a load fills where none are declared.
	 */
	List<String> loadedColumns() {
		return names((column) -> !column.isGenerated() && column.identity() != Identity.ALWAYS);
	}

	/**
	 * Return the columns that an export has where none are declared.
	 */
	List<String> exportedColumns() {
		return names((column) -> !column.isGenerated());
	}

	/**
	 * Return those columns that take values.
	 */
	List<String> writable(List<String> names) {
		return names.stream()
			.filter((name) -> !this.info.column(name).isGenerated()
					&& this.info.column(name).identity() != Identity.ALWAYS)
			.toList();
	}

	List<RowColumn> rowColumns(List<String> names) {
		return names.stream().map((name) -> new RowColumn(name, this.info.column(name).type())).toList();
	}

	List<String> allColumns() {
		return names((column) -> true);
	}

	private List<String> names(Predicate<ColumnInfo> filter) {
		return this.info.columns().stream().filter(filter).map(ColumnInfo::name).toList();
	}

	/**
	 * Refuse names of columns that the table does not have.
	 */
	void checkColumns(List<String> names) {
		names.forEach(this.info::column);
	}

	static String columnList(List<String> columns) {
		return columns.stream()
			.map((column) -> SqlIdentifiers.quote(column, "columns"))
			.collect(Collectors.joining(", "));
	}

}
