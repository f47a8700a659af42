package io.trunkline.connection;

import java.util.function.Function;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.codec.PostgresqlObjectId;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Parameter;
import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Wrapped;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * Scoped access to driver connections, and both directions of COPY over them. Every
 * feature stands on this interface; applications use it for what no feature covers.
 * <p>
 * Each call joins the Spring-managed transaction in the Reactor context, where there is
 * one for this connection factory. Where there is none, it holds a connection from
 * subscription until the returned publisher completes, fails or is cancelled. Errors are
 * {@link DataAccessException}s chosen by SQLSTATE (see
 * {@link PostgresExceptionTranslator}).
 *
 * @since 0.1.0
 */
public interface PostgresConnections {

	/**
	 * Create an instance for a connection factory of the PostgreSQL driver, pooled,
	 * proxied or plain.
	 * @param connectionFactory the connection factory
	 * @return a new instance
	 * @throws UnsupportedConnectionFactoryException if it belongs to another driver
	 */
	static PostgresConnections create(ConnectionFactory connectionFactory) {
		return new DefaultPostgresConnections(connectionFactory);
	}

	/**
	 * Return the driver's connection below any number of wrappers.
	 * @param connection a connection as an application sees it
	 * @return the driver's connection; closing it closes it for good, past any pool
	 * @throws InvalidDataAccessApiUsageException if there is no PostgreSQL connection
	 * below
	 */
	static PostgresqlConnection unwrap(Connection connection) {
		Assert.notNull(connection, "'connection' must not be null");
		Object current = connection;
		while (!(current instanceof PostgresqlConnection) && current instanceof Wrapped<?> wrapped) {
			current = wrapped.unwrap();
		}
		if (current instanceof PostgresqlConnection postgresqlConnection) {
			return postgresqlConnection;
		}
		throw new InvalidDataAccessApiUsageException("A connection of type " + connection.getClass().getName()
				+ " holds no PostgreSQL connection; use a connection factory of org.postgresql:r2dbc-postgresql,"
				+ " and wrappers that implement io.r2dbc.spi.Wrapped");
	}

	/**
	 * Return what runs tasks on the thread that reads a connection, behind all that it
	 * has read at the time. A task must not block.
	 * @param connection the driver's connection
	 * @return runs tasks there; where the driver hides it, on the thread of the caller,
	 * and none later
	 */
	static Scheduler readingThread(PostgresqlConnection connection) {
		Client client = CopyBridge.create().clientIfAccessible(connection);
		return (client != null) ? client.getScheduler() : Schedulers.immediate();
	}

	/**
	 * Hand notifications over as they are read, past the driver, whose own
	 * {@link PostgresqlConnection#getNotifications() stream} then has none. Where its
	 * version does not allow that, they stay there: whoever must not miss any subscribes
	 * to both, before LISTEN is sent.
	 * @param connection the driver's connection
	 * @param reader takes them from now on
	 */
	static void readNotifications(PostgresqlConnection connection, NotificationReader reader) {
		Client client = CopyBridge.create().clientIfAccessible(connection);
		Channel channel = (client != null) ? TrunklineClientAccess.channel(client) : null;
		if (channel != null) {
			NotificationDecoder.install(channel, reader);
		}
	}

	/**
	 * Make a value whose type the server infers from where it stands, as it does for a
	 * quoted literal.
	 * @param text the value as SQL writes it, without quotes
	 * @return a value to bind
	 */
	static Parameter untyped(String text) {
		Assert.notNull(text, "'text' must not be null");
		return Parameters.in(PostgresqlObjectId.UNSPECIFIED, text);
	}

	/**
	 * Return the connection factory that this instance was created for.
	 */
	ConnectionFactory getConnectionFactory();

	/**
	 * Run work on a connection. The work must not close it nor keep it.
	 * @param work from the connection to what it produces
	 * @param <T> the type of the results
	 * @return the work's results, as they come
	 */
	<T> Flux<T> withConnection(Function<? super PostgresqlConnection, ? extends Publisher<? extends T>> work);

	/**
	 * Run one statement. Another one of the same transaction waits until the last row was
	 * consumed: collect the rows before it, or ask for one with {@link Flux#single()}.
	 * @param sql the statement, with parameters {@code $1}, {@code $2}, …
	 * @param mapper from a row, valid during the call only, to a result
	 * @param parameters the values to bind, none of them {@code null}
	 * @param <T> the type of the results
	 * @return a result for each row
	 */
	<T> Flux<T> query(String sql, Function<? super Readable, ? extends T> mapper, Object... parameters);

	/**
	 * Run statements for their effect; without parameters several of them, divided by
	 * semicolons, in one round trip.
	 * @param sql the statement, with parameters {@code $1}, {@code $2}, …
	 * @param parameters the values to bind, none of them {@code null}
	 * @return completes when the statements have
	 */
	Mono<Void> execute(String sql, Object... parameters);

	/**
	 * Run one statement and count what it did.
	 * @param sql the statement, with parameters {@code $1}, {@code $2}, …
	 * @param parameters the values to bind, none of them {@code null}
	 * @return how many rows the server reports
	 */
	Mono<Long> update(String sql, Object... parameters);

	/**
	 * Run one statement that may be fetched page by page: with a fetch size the server
	 * makes no more rows than a page ahead of the subscriber's demand, and a subscriber
	 * who leaves, or a limit, ends the statement with the page that is under way.
	 * @param request the statement
	 * @param mapper from a row, valid during the call only, to a result
	 * @param <T> the type of the results
	 * @return a result for each row; an {@link InvalidDataAccessApiUsageException} for a
	 * value that cannot be sent
	 */
	<T> Flux<T> query(StatementRequest request, Function<? super Readable, ? extends T> mapper);

	/**
	 * Run one statement and count what it did, a MERGE as well.
	 * @param request the statement
	 * @return how many rows the server reports, summed up over several statements
	 */
	Mono<Long> update(StatementRequest request);

	/**
	 * Run statements for what the server says beside their results.
	 * @param request the statement; its own consumer of notices is told as well
	 * @return the notices, as they come
	 */
	Flux<PostgresNotice> notices(StatementRequest request);

	/**
	 * Find out what the connection is and does: that of the current transaction, else any
	 * one.
	 * @return the status; a connection that was lost, or that the network or the server
	 * refuses, is {@link ConnectionStatus.State#DEAD dead} and no error
	 */
	Mono<ConnectionStatus> status();

	/**
	 * Find out whether there is a Spring-managed transaction to join.
	 * @return whether the Reactor context holds one for this connection factory
	 */
	Mono<Boolean> isTransactionActive();

	/**
	 * Run work in a transaction: a savepoint of the current one, else a new one. An error
	 * or a cancellation of the work rolls back to where it began, so that a caller who
	 * goes on and commits commits nothing of it.
	 * @param work from the connection to what it produces
	 * @param <T> the type of the results
	 * @return the work's results, as they come: before the commit
	 */
	<T> Flux<T> inTransaction(Function<? super PostgresqlConnection, ? extends Publisher<? extends T>> work);

	/**
	 * Run work in a transaction that begins in a certain way, or in a savepoint of the
	 * current one, of which the way is left as it is.
	 * @param mode how a new transaction begins
	 * @param work from the connection to what it produces
	 * @param <T> the type of the results
	 * @return the work's results, as they come: before the commit
	 */
	<T> Flux<T> inTransaction(TransactionMode mode,
			Function<? super PostgresqlConnection, ? extends Publisher<? extends T>> work);

	/**
	 * Run a {@code COPY … TO STDOUT}. COPY takes no parameters: whoever builds the
	 * statement answers for its quoting.
	 * <p>
	 * Each buffer is the payload of one CopyData message, which is one row. The
	 * subscriber owns it and must release it. While none is asked for the socket is not
	 * read, which stops the server; the rows that had arrived by then are held. Where the
	 * driver on the class path does not let its socket be stopped, it holds up to 256
	 * rows. Cancelling stops the statement on the server and leaves a surrounding
	 * transaction as it was: inside one, the statement runs in a savepoint. The
	 * connection goes back when nothing of the statement is left on it.
	 * <p>
	 * A statement that the consumer runs in the same transaction before the stream has
	 * ended waits for that end; do not let the stream wait for it.
	 * @param sql the statement
	 * @return the rows, as the server formats them; an {@link UnsupportedDriverException}
	 * where the driver's version does not allow it
	 */
	Flux<ByteBuf> copyOut(String sql);

	/**
	 * Run a {@code COPY … FROM STDIN}.
	 * <p>
	 * Each buffer becomes one CopyData message and is released; about 64 KiB are a good
	 * size, and message borders need not be row borders. One buffer at a time is asked
	 * for, when the socket has taken the one before. The source is subscribed to when the
	 * server is ready for it. Its error, the server's, and a cancellation all end the
	 * statement with nothing stored.
	 * @param sql the statement
	 * @param data the data in the statement's format
	 * @return the number of rows that the server reports
	 */
	Mono<Long> copyIn(String sql, Publisher<ByteBuf> data);

}
