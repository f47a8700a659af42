package io.trunkline.schema;

import java.util.List;

import org.springframework.dao.InvalidDataAccessResourceUsageException;

/**
 * Thrown when no table-valued function, or more than one, answers to a name.
 *
 * @since 0.1.0
 */
public class FunctionNotFoundException extends InvalidDataAccessResourceUsageException {

	private static final long serialVersionUID = 1L;

	private final String function;

	private final String[] candidates;

	private FunctionNotFoundException(String message, TableName function, List<String> candidates) {
		super(message);
		this.function = function.toString();
		this.candidates = candidates.toArray(String[]::new);
	}

	static FunctionNotFoundException unknown(TableName function, List<String> nearest) {
		return new FunctionNotFoundException(
				"There is no table-valued function [%s] in %s%s".formatted(function, NearestNames.searched(function),
						nearest.isEmpty() ? ": check the name, its case and the schema, or register an alias"
								: ": did you mean " + NearestNames.join(nearest) + "?"),
				function, nearest);
	}

	static FunctionNotFoundException ambiguous(TableName function, List<String> signatures) {
		return new FunctionNotFoundException("There are %d functions [%s]: give the argument types of one of %s"
			.formatted(signatures.size(), function, signatures), function, signatures);
	}

	static FunctionNotFoundException noSignature(TableName function, List<String> wanted, List<String> signatures) {
		return new FunctionNotFoundException(
				"There is no function [%s] that takes %s: there is %s".formatted(function, wanted, signatures),
				function, signatures);
	}

	/**
	 * Return the name that was looked for.
	 */
	public String getFunction() {
		return this.function;
	}

	/**
	 * Return the nearest names, or the signatures of which one must be chosen.
	 */
	public List<String> getCandidates() {
		return List.of(this.candidates);
	}

}
