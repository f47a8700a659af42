package io.trunkline.schema;

import java.util.List;

/**
 * What listings tell about.
 *
 * @param schemas the schemas, empty for all but the server's own
 * @param include patterns of tables of which one must match, unless there are none
 * @param exclude patterns of tables of which none may match
 */
record ListingFilter(List<String> schemas, List<String> include, List<String> exclude) {

	static final ListingFilter ALL = new ListingFilter(List.of(), List.of(), List.of());

	ListingFilter {
		schemas = List.copyOf(schemas);
		include = List.copyOf(include);
		exclude = List.copyOf(exclude);
		schemas.forEach((schema) -> new TableName(null, schema));
		include.forEach(TableName::parse);
		exclude.forEach(TableName::parse);
	}

	/**
	 * Return the parameter of statements that know schemas only.
	 */
	Object schemaParameter() {
		return this.schemas.toArray(String[]::new);
	}

	/**
	 * Return the parameters of {@link CatalogSql#ALL_TABLES}.
	 */
	Object[] tableParameters() {
		return new Object[] { schemaParameter(), schemaPatterns(this.include), namePatterns(this.include),
				schemaPatterns(this.exclude), namePatterns(this.exclude) };
	}

	private static Object schemaPatterns(List<String> patterns) {
		return patterns.stream().map((pattern) -> {
			String schema = TableName.parse(pattern).schema();
			return (schema != null) ? like(schema) : "%";
		}).toArray(String[]::new);
	}

	private static Object namePatterns(List<String> patterns) {
		return patterns.stream().map((pattern) -> like(TableName.parse(pattern).name())).toArray(String[]::new);
	}

	private static String like(String pattern) {
		return pattern.replace("\\", "\\\\")
			.replace("%", "\\%")
			.replace("_", "\\_")
			.replace('*', '%')
			.replace('?', '_');
	}

}
