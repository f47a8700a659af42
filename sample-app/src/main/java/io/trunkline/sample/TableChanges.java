package io.trunkline.sample;

import java.util.function.Function;

import io.trunkline.client.PostgresClient;
import io.trunkline.notification.NotificationBus;
import io.trunkline.schema.TableInfo;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.stereotype.Component;

/**
 * Tells those who listen to {@value #CHANNEL} what a request has done to a table: once,
 * however many rows it was. The notification belongs to the transaction of the change, so
 * it comes when that is committed, and does not where it is not.
 */
@Component
public class TableChanges {

	/** Where to listen. */
	public static final String CHANNEL = "table_changes";

	private final PostgresClient client;

	private final NotificationBus bus;

	TableChanges(PostgresClient client, NotificationBus bus) {
		this.client = client;
		this.bus = bus;
	}

	/**
	 * Change a table in a transaction, and tell of it.
	 * @param change what changes the table
	 * @param told what to tell of its result; nothing is told of no rows
	 * @param <T> the type of the result
	 * @return the result, after the commit
	 */
	public <T> Mono<T> tell(Mono<T> change, Function<? super T, Change> told) {
		return this.client.inTransaction((tx) -> change.delayUntil((result) -> send(told.apply(result))))
			.singleOrEmpty();
	}

	/**
	 * Delete with a password, and tell of it. A guard answers late after wrong passwords,
	 * and nobody who waits for that should hold a connection: so the deletion has a
	 * transaction of its own, and a server that dies after it tells nothing.
	 * @param deletion what deletes
	 * @param told what to tell of its result; nothing is told of no rows
	 * @param <T> the type of the result
	 * @return the result
	 */
	public <T> Mono<T> tellAfter(Mono<T> deletion, Function<? super T, Change> told) {
		return deletion.delayUntil((result) -> send(told.apply(result)));
	}

	private Mono<Void> send(Change change) {
		return (change.rows() != null && change.rows() == 0) ? Mono.empty() : this.bus.notify(CHANNEL, change);
	}

	/**
	 * What was done to a table, as it is sent.
	 *
	 * @param table the table and its schema
	 * @param operation {@code insert}, {@code upsert}, {@code update}, {@code delete},
	 * {@code empty}, {@code import}, {@code create} or {@code drop}
	 * @param rows how many rows were changed, {@code null} where it was the table itself
	 */
	public record Change(String table, String operation, @Nullable Long rows) {

		/**
		 * Make a change of rows.
		 */
		public static Change of(TableInfo table, String operation, long rows) {
			return new Change(table.tableName().toString(), operation, rows);
		}

	}

}
