package io.trunkline.schema;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import io.trunkline.schema.ConstraintInfo.Check;

/**
 * The types of the chosen schemas, as the rows of {@link CatalogSql#ALL_TYPES} tell them.
 */
final class TypeListing {

	private final TypeReader types = new TypeReader();

	private final List<CatalogRow> rows;

	TypeListing(List<CatalogRow> rows) {
		this.rows = rows;
		rows("type").forEach(this.types::add);
	}

	List<TypeInfo> types() {
		return rows("listed").map((row) -> this.types.type(row.id()))
			.sorted(Comparator.comparing(TypeInfo::schema).thenComparing(TypeInfo::name))
			.toList();
	}

	List<DomainInfo> domains() {
		return rows("listed").filter((row) -> this.types.type(row.id()).kind() == TypeInfo.Kind.DOMAIN)
			.map(this::domain)
			.sorted(Comparator.comparing((DomainInfo domain) -> domain.type().schema())
				.thenComparing((domain) -> domain.type().name()))
			.toList();
	}

	private DomainInfo domain(CatalogRow row) {
		List<Check> checks = rows("check").filter((check) -> check.id() == row.id())
			.map((check) -> new Check(check.text(0), List.of(), check.text(1), check.flag(2)))
			.sorted(Comparator.comparing(Check::name))
			.toList();
		return new DomainInfo(this.types.type(row.id()), row.text(0), row.flag(1), row.optional(2), checks,
				row.optional(3));
	}

	private Stream<CatalogRow> rows(String part) {
		return this.rows.stream().filter((row) -> row.part().equals(part));
	}

}
