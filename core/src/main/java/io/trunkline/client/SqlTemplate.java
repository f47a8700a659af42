package io.trunkline.client;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * A statement as it was read: its parameters, and the text that is sent.
 *
 * @param sql what is sent, with parameters {@code $1}, {@code $2}, …
 * @param labels what the parameters are called, in the order of their numbers:
 * {@code :name} or {@code $1}
 * @param named whether the parameters have names
 */
record SqlTemplate(String sql, List<String> labels, boolean named) {

	SqlTemplate {
		labels = Collections.unmodifiableList(labels);
	}

	/**
	 * Read a statement.
	 * @throws InvalidDataAccessApiUsageException if a quote or comment does not end, or
	 * the parameters cannot be told
	 */
	static SqlTemplate parse(String sql) {
		SqlScanner scanner = new SqlScanner(sql);
		scanner.scan();
		List<String> names = scanner.names();
		TreeSet<Integer> numbers = scanner.numbers();
		if (names.isEmpty() && numbers.isEmpty()) {
			return new SqlTemplate(scanner.text(), List.of(), false);
		}
		if (scanner.hasSeveralStatements()) {
			throw new InvalidDataAccessApiUsageException(
					"Several statements in one cannot have parameters: run them one by one in a transaction");
		}
		if (!names.isEmpty() && !numbers.isEmpty()) {
			throw new InvalidDataAccessApiUsageException("The statement has both named and numbered parameters, :"
					+ names.get(0) + " and $" + numbers.first() + ": use one kind");
		}
		return names.isEmpty() ? numbered(scanner.text(), numbers)
				: new SqlTemplate(scanner.text(), names.stream().map((name) -> ":" + name).toList(), true);
	}

	private static SqlTemplate numbered(String text, TreeSet<Integer> numbers) {
		List<String> labels = new ArrayList<>();
		for (int number : numbers) {
			if (number != labels.size() + 1) {
				throw new InvalidDataAccessApiUsageException("The statement has the parameter $" + number + " but no $"
						+ (labels.size() + 1) + ": number them without gaps, from $1");
			}
			labels.add("$" + number);
		}
		return new SqlTemplate(text, labels, false);
	}

}
