package io.trunkline.test.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;

/**
 * What one connection holds of the physical one: a transaction, or a statement for as
 * long as it is on the wire. Frames form a stack; only the top one uses the wire.
 */
final class Frame {

	/**
	 * The savepoint of a statement outside of a transaction. Nothing is opened on top of
	 * it, so that there is one at a time.
	 */
	static final String STATEMENT = "trunkline_statement";

	private final Lease lease;

	/**
	 * The transaction below it on the stack.
	 */
	private final @Nullable Frame parent;

	/**
	 * The savepoint to return to, or {@code null} for a statement of a transaction.
	 */
	private final @Nullable String savepoint;

	private final List<String> independents = new ArrayList<>();

	/** By name, how much of it there was when the savepoint was made. */
	private final Map<String, Integer> marks = new HashMap<>();

	private final Leftovers leftovers = new Leftovers();

	private final AtomicBoolean endRequested = new AtomicBoolean();

	private volatile boolean first;

	private volatile boolean ending;

	private volatile boolean wrote;

	Frame(Lease lease, @Nullable Frame parent, @Nullable String savepoint) {
		this.lease = lease;
		this.parent = parent;
		this.savepoint = savepoint;
	}

	SessionConnection owner() {
		return this.lease.owner();
	}

	@Nullable Object flow() {
		return this.lease.flow();
	}

	boolean isTransaction() {
		return this.lease.isTransaction();
	}

	@Nullable Frame parent() {
		return this.parent;
	}

	@Nullable String savepoint() {
		return this.savepoint;
	}

	/**
	 * Whether its connection is another one than that of the transaction around it, so
	 * that in production it would be a transaction of its own.
	 */
	boolean isIndependent() {
		return this.parent != null && this.parent.owner() != owner();
	}

	/**
	 * Whether it is the first of the test's transaction. That is rolled back as a whole
	 * then where the savepoint would be, which is not made.
	 */
	boolean isFirst() {
		return this.first;
	}

	void beFirst() {
		this.first = true;
	}

	boolean isEnding() {
		return this.ending;
	}

	void ending() {
		this.ending = true;
	}

	/**
	 * Whether this is the first call, so that a transaction ends once.
	 */
	boolean endOnce() {
		return this.endRequested.compareAndSet(false, true);
	}

	boolean wrote() {
		return this.wrote;
	}

	void written() {
		this.wrote = true;
	}

	Leftovers leftovers() {
		return this.leftovers;
	}

	/**
	 * Hand over to the transaction around it what would have been kept without it.
	 */
	void committed() {
		Frame around = this.parent;
		if (around == null) {
			return;
		}
		around.independents.addAll(this.independents);
		if (!isIndependent()) {
			if (this.wrote) {
				around.written();
			}
		}
		else if (this.wrote) {
			around.independents.add(this.lease.description());
		}
	}

	/**
	 * The independent work inside it that has been committed.
	 */
	List<String> independents() {
		return this.independents;
	}

	/**
	 * Take note of a savepoint of the application's.
	 */
	void marked(String savepoint) {
		this.marks.put(savepoint, this.independents.size());
	}

	/**
	 * Return to a savepoint of the application's.
	 * @return the independent work that is undone with that
	 */
	List<String> returnedTo(String savepoint) {
		Integer mark = this.marks.get(savepoint);
		if (mark == null || mark >= this.independents.size()) {
			return List.of();
		}
		List<String> since = this.independents.subList(mark, this.independents.size());
		List<String> undone = List.copyOf(since);
		since.clear();
		return undone;
	}

	/**
	 * Say what it is and where it was opened.
	 */
	String describe() {
		return this.lease.describe();
	}

}
