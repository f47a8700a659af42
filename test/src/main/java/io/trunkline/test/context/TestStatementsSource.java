package io.trunkline.test.context;

import java.util.List;

import io.trunkline.test.session.SessionSlot;
import io.trunkline.test.session.StatementLog;

import org.springframework.context.ApplicationContext;

/**
 * Finds the statements of the running test.
 */
public final class TestStatementsSource {

	private TestStatementsSource() {
	}

	/**
	 * Return the statements that ran in the sessions of a context.
	 * @param context the context
	 * @return the statements, factory by factory
	 */
	public static List<StatementLog.Entry> entries(ApplicationContext context) {
		return context.getBean(SessionSlots.class)
			.postgres()
			.stream()
			.map(SessionSlot::statements)
			.flatMap(List::stream)
			.toList();
	}

}
