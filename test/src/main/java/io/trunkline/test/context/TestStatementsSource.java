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
	 * @throws IllegalStateException if the test has no session
	 */
	public static List<StatementLog.Entry> entries(ApplicationContext context) {
		List<SessionSlot> slots = SessionSlots.in(context).stream().filter(SessionSlot::isOccupied).toList();
		if (slots.isEmpty()) {
			throw new IllegalStateException("The statements of a test are counted in the transaction that"
					+ " @RollbackPerTest rolls back, and this test has none: add the annotation, beside @DatabasePerTest"
					+ " as well");
		}
		return slots.stream().map(SessionSlot::statements).flatMap(List::stream).toList();
	}

}
