package io.trunkline.schema;

import java.util.List;

import io.trunkline.schema.ConstraintInfo.Check;
import org.jspecify.annotations.Nullable;

/**
 * A domain: a type with rules of its own.
 *
 * @param type the domain; its element is the type below it
 * @param formattedType the type below it as SQL writes it, such as {@code varchar(20)}
 * @param nullable whether it takes null
 * @param defaultExpression the SQL of its default, {@code null} for none
 * @param checks its checks, by name; they name no columns
 * @param comment the comment, {@code null} for none
 * @since 0.1.0
 */
public record DomainInfo(TypeInfo type, String formattedType, boolean nullable, @Nullable String defaultExpression,
		List<Check> checks, @Nullable String comment) {

	public DomainInfo {
		checks = List.copyOf(checks);
	}

}
