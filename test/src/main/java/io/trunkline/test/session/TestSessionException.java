package io.trunkline.test.session;

import java.util.List;

/**
 * A test did what its transaction cannot carry: it left something open, ended the
 * transaction by itself, or lost what production would have kept.
 *
 * @since 0.1.0
 */
public class TestSessionException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final transient List<String> problems;

	TestSessionException(List<String> problems) {
		super(String.join(System.lineSeparator(), problems));
		this.problems = List.copyOf(problems);
	}

	/**
	 * Return what went wrong, each with where it began.
	 */
	public List<String> getProblems() {
		return this.problems;
	}

}
