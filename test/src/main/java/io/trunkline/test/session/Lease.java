package io.trunkline.test.session;

import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/**
 * The wish for a frame, or for the top of the stack, and who makes it.
 */
final class Lease {

	private static final int LONGEST_DESCRIPTION = 200;

	private final SessionConnection owner;

	private final boolean transaction;

	private final @Nullable Object flow;

	private final @Nullable Frame awaited;

	private final Consumer<Frame> granted;

	private final Consumer<Throwable> refused;

	private final CallSite site = new CallSite();

	private final @Nullable String name;

	private volatile @Nullable String sql;

	private @Nullable Disposable timeout;

	private Lease(SessionConnection owner, boolean transaction, @Nullable Object flow, @Nullable Frame awaited,
			@Nullable String name, @Nullable String sql, Consumer<Frame> granted, Consumer<Throwable> refused) {
		this.owner = owner;
		this.transaction = transaction;
		this.flow = flow;
		this.awaited = awaited;
		this.name = name;
		this.sql = sql;
		this.granted = granted;
		this.refused = refused;
	}

	static Lease transaction(SessionConnection owner, @Nullable Object flow, String name, Consumer<Frame> granted,
			Consumer<Throwable> refused) {
		return new Lease(owner, true, flow, null, "transaction '" + name + "'", null, granted, refused);
	}

	static Lease statement(SessionConnection owner, @Nullable Object flow, @Nullable String sql,
			Consumer<Frame> granted, Consumer<Throwable> refused) {
		return new Lease(owner, false, flow, null, null, sql, granted, refused);
	}

	/**
	 * The wish to end a transaction, which waits until it is on top.
	 */
	static Lease end(Frame frame, Consumer<Frame> granted, Consumer<Throwable> refused) {
		return new Lease(frame.owner(), true, frame.flow(), frame, "the end of " + frame.describe(), null, granted,
				refused);
	}

	private static String statement(@Nullable String sql) {
		if (sql == null) {
			return "a statement";
		}
		String line = sql.strip().replaceAll("\\s+", " ");
		return "statement ["
				+ ((line.length() > LONGEST_DESCRIPTION) ? line.substring(0, LONGEST_DESCRIPTION) + "…" : line) + "]";
	}

	SessionConnection owner() {
		return this.owner;
	}

	boolean isTransaction() {
		return this.transaction;
	}

	@Nullable Object flow() {
		return this.flow;
	}

	@Nullable Frame awaited() {
		return this.awaited;
	}

	void sql(String sql) {
		this.sql = sql;
	}

	String description() {
		String known = this.name;
		return (known != null) ? known : statement(this.sql);
	}

	String describe() {
		return description() + ((this.awaited != null) ? "" : " opened at " + this.site);
	}

	void timeout(Disposable timeout) {
		this.timeout = timeout;
	}

	private void stopTimeout() {
		Disposable disposable = this.timeout;
		if (disposable != null) {
			disposable.dispose();
		}
	}

	void grant(Frame frame) {
		stopTimeout();
		this.granted.accept(frame);
	}

	void refuse(Throwable ex) {
		stopTimeout();
		this.refused.accept(ex);
	}

}
