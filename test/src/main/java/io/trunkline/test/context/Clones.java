package io.trunkline.test.context;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.notification.NotificationBus;
import io.trunkline.test.DatabasePerTest;
import io.trunkline.test.session.SessionSlot;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.context.ApplicationContext;

/**
 * The clones that a test uses, one for each database that the connection factories of its
 * context lead to.
 */
final class Clones {

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private static final Log logger = LogFactory.getLog(DatabasePerTest.class);

	private final ApplicationContext context;

	private final boolean keepsFailed;

	private final Map<TemplateDatabase, CloneDatabase> databases = new HashMap<>();

	private final List<Runnable> returns = new ArrayList<>();

	private final List<NotificationBus> buses;

	private boolean failed;

	private Clones(ApplicationContext context) {
		this.context = context;
		this.keepsFailed = SessionSlots.of(context).settings(context).keepFailedDatabase();
		this.buses = context.getBeanProvider(NotificationBus.class).stream().toList();
	}

	/**
	 * Lead the connection factories of a context to clones. Where one of them cannot be,
	 * all of them lead to where they did.
	 */
	static Clones take(ApplicationContext context) {
		List<SessionSlot> slots = SessionSlots.required(context, DatabasePerTest.class);
		Clones clones = new Clones(context);
		try {
			Templates templates = Templates.of(context);
			for (SessionSlot slot : slots) {
				// The making of a template ends all connections.
				slot.giveBack().block(LONGEST);
				clones.take(slot, templates);
			}
			clones.moveBuses();
			return clones;
		}
		catch (RuntimeException ex) {
			try {
				clones.giveBack();
			}
			catch (RuntimeException other) {
				ex.addSuppressed(other);
			}
			throw ex;
		}
	}

	private void take(SessionSlot slot, Templates templates) {
		ConnectionFactory model = slot.target();
		CloneDatabase database = this.databases.computeIfAbsent(templates.template(model), TemplateDatabase::take);
		ConnectionFactory factory = database.connectionFactory(model, templates.options(model));
		ConnectionFactory before = slot.swapped();
		slot.swap(factory);
		this.returns.add(() -> {
			slot.giveBack().block(LONGEST);
			slot.swap(before);
		});
	}

	/**
	 * Have them listen where the connection factories lead now.
	 */
	private void moveBuses() {
		this.buses.forEach((bus) -> bus.reconnect().block(LONGEST));
	}

	/**
	 * Take note that the test, or one of the class, failed.
	 */
	void failed() {
		this.failed = true;
	}

	/**
	 * Return whether a context is the one whose connection factories lead here.
	 */
	boolean isOf(ApplicationContext context) {
		return this.context == context;
	}

	/**
	 * Lead the connection factories back, and part with the clones.
	 */
	void giveBack() {
		try {
			this.returns.forEach(Runnable::run);
			moveBuses();
		}
		finally {
			abandon();
		}
	}

	/**
	 * Part with the clones of a context that was closed.
	 */
	void abandon() {
		boolean keep = this.failed && this.keepsFailed;
		this.databases.values().forEach((database) -> database.end(keep));
		if (keep) {
			logger.warn("The test failed; its database stays: "
					+ this.databases.values().stream().map(CloneDatabase::url).collect(Collectors.joining(", ")));
		}
	}

}
