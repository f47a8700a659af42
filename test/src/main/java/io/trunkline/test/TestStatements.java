package io.trunkline.test;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import io.trunkline.test.session.StatementLog;

/**
 * The statements that a test runs, for tests to count them: a loop of queries where one
 * would do shows itself by their number. A test method takes it as a parameter.
 *
 * @since 0.1.0
 */
public final class TestStatements {

	private final Supplier<List<StatementLog.Entry>> entries;

	private int counted;

	TestStatements(Supplier<List<StatementLog.Entry>> entries) {
		this.entries = entries;
	}

	/**
	 * Return the statements that were sent since the test began, without those that begin
	 * and end transactions. A batch is one, and so is a COPY.
	 * @return the statements in their order
	 */
	public List<String> all() {
		return this.entries.get().stream().map(StatementLog.Entry::sql).toList();
	}

	/**
	 * Count from here on.
	 */
	public void reset() {
		this.counted = this.entries.get().size();
	}

	/**
	 * Assert how many statements were sent since the test began, since the last
	 * assertion, or since {@link #reset()}.
	 * @param expected their number
	 * @throws AssertionError if there are more or fewer; it lists them
	 */
	public void assertStatements(int expected) {
		List<StatementLog.Entry> all = this.entries.get();
		List<StatementLog.Entry> current = all.subList(this.counted, all.size());
		this.counted = all.size();
		if (current.size() != expected) {
			throw new AssertionError("Expected %d statement(s), but %d ran:%n%s".formatted(expected, current.size(),
					current.stream().map((entry) -> "  " + entry).collect(Collectors.joining(System.lineSeparator()))));
		}
	}

}
