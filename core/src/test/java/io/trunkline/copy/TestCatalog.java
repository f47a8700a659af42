package io.trunkline.copy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Attribute;
import io.trunkline.schema.TypeInfo.Kind;

/**
 * The columns of the test tables with their types.
 */
final class TestCatalog {

	private final Connection connection;

	private TestCatalog(Connection connection) {
		this.connection = connection;
	}

	static List<RowColumn> columns(String database, String table) {
		try (Connection connection = PostgresTestServer.get().jdbc(database)) {
			List<RowColumn> columns = new ArrayList<>();
			new TestCatalog(connection).attributes("SELECT ?::regclass::oid::int8", table)
				.forEach((attribute) -> columns.add(new RowColumn(attribute.name(), attribute.type())));
			return columns;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private List<Attribute> attributes(String relation, Object parameter) throws SQLException {
		List<Attribute> attributes = new ArrayList<>();
		try (PreparedStatement statement = this.connection
			.prepareStatement("SELECT attname, atttypid::int8 FROM pg_attribute WHERE attrelid = (" + relation
					+ ") AND attnum > 0 AND NOT attisdropped ORDER BY attnum")) {
			statement.setObject(1, parameter);
			ResultSet result = statement.executeQuery();
			while (result.next()) {
				attributes.add(new Attribute(result.getString(1), type(result.getLong(2))));
			}
		}
		return attributes;
	}

	private TypeInfo type(long oid) throws SQLException {
		try (PreparedStatement statement = this.connection.prepareStatement("""
				SELECT nspname, typname, typtype, typcategory, typelem::int8, typbasetype::int8, typdelim,
				       COALESCE((SELECT rngsubtype FROM pg_range WHERE rngtypid = t.oid),
				                (SELECT rngtypid FROM pg_range WHERE rngmultitypid = t.oid))::int8
				FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE t.oid = ?""")) {
			statement.setLong(1, oid);
			ResultSet result = statement.executeQuery();
			result.next();
			boolean array = result.getString(4).equals("A") && result.getLong(5) != 0;
			Kind kind = array ? Kind.ARRAY : switch (result.getString(3)) {
				case "b" -> Kind.BASE;
				case "e" -> Kind.ENUM;
				case "d" -> Kind.DOMAIN;
				case "c" -> Kind.COMPOSITE;
				case "r" -> Kind.RANGE;
				case "m" -> Kind.MULTIRANGE;
				default -> Kind.PSEUDO;
			};
			long element = switch (kind) {
				case ARRAY -> result.getLong(5);
				case DOMAIN -> result.getLong(6);
				case RANGE, MULTIRANGE -> result.getLong(8);
				default -> 0;
			};
			return new TypeInfo(oid, result.getString(1), result.getString(2), kind,
					(element != 0) ? type(element) : null, result.getString(7).charAt(0), (kind == Kind.COMPOSITE)
							? attributes("SELECT typrelid FROM pg_type WHERE oid = ?", oid) : List.of(),
					(kind == Kind.ENUM) ? labels(oid) : List.of());
		}
	}

	private List<String> labels(long oid) throws SQLException {
		List<String> labels = new ArrayList<>();
		try (PreparedStatement statement = this.connection
			.prepareStatement("SELECT enumlabel FROM pg_enum WHERE enumtypid = ? ORDER BY enumsortorder")) {
			statement.setLong(1, oid);
			ResultSet result = statement.executeQuery();
			while (result.next()) {
				labels.add(result.getString(1));
			}
		}
		return labels;
	}

}
