package io.trunkline.connection;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.postgresql.api.PostgresqlStatement;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Result;
import io.trunkline.connection.StatementRequest.StatementParameter;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;
import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * One run of a statement.
 */
final class StatementRun {

	private static final Log logger = LogFactory.getLog(StatementRun.class);

	private final PostgresqlConnection connection;

	private final StatementRequest request;

	private final PostgresqlStatement statement;

	private final @Nullable StatementClient client;

	/**
	 * Prepare a run. Nothing is sent.
	 * @param connection the driver's connection
	 * @param client its client, {@code null} where the driver hides it
	 * @param request what to run
	 */
	StatementRun(PostgresqlConnection connection, @Nullable Client client, StatementRequest request) {
		int pageSize = request.pageSize();
		this.connection = connection;
		this.request = request;
		this.client = (client != null) ? new StatementClient(client, pageSize > 0, request.notices()) : null;
		this.statement = statement(connection, this.client, request.sql());
		this.statement.fetchSize(pageSize);
		bind(this.statement, request.parameters());
	}

	/**
	 * The driver reads the statement for its parameters. Its error quotes the statement,
	 * which may hold values.
	 */
	private static PostgresqlStatement statement(PostgresqlConnection connection, @Nullable StatementClient client,
			String sql) {
		try {
			return (client != null) ? TrunklineClientAccess.statement(connection, client, client::portal, sql)
					: connection.createStatement(sql);
		}
		catch (LinkageError ex) {
			return connection.createStatement(sql);
		}
		catch (IllegalArgumentException ex) {
			String message = String.valueOf(ex.getMessage());
			int statement = message.indexOf(" in statement:");
			throw new InvalidDataAccessApiUsageException(
					"'sql' has a literal or a comment that the driver cannot read: write it in another way ("
							+ ((statement >= 0) ? message.substring(0, statement) : ex.getClass().getName()) + ")");
		}
	}

	private static void bind(PostgresqlStatement statement, List<StatementParameter> parameters) {
		for (int i = 0; i < parameters.size(); i++) {
			Object value = parameters.get(i).value();
			if (value == null) {
				statement.bindNull(i, Object.class);
			}
			else {
				bind(statement, i, parameters.get(i).label(), value);
			}
		}
	}

	/**
	 * The driver's message would quote the value.
	 */
	private static void bind(PostgresqlStatement statement, int index, String label, Object value) {
		try {
			statement.bind(index, value);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidDataAccessApiUsageException("Parameter " + label + " has a value of type "
					+ value.getClass().getName() + ", which the driver cannot send:"
					+ " convert it to a type of PostgreSQL's, or register a codec with the driver");
		}
	}

	<T> Flux<T> rows(Function<? super Readable, ? extends T> mapper) {
		Flux<T> rows = execute().concatMap((result) -> result.<T>map((row, metadata) -> mapper.apply(row)));
		return (this.request.maxRows() > 0) ? limited(rows, this.request.maxRows()) : rows;
	}

	/**
	 * Ends the statement instead of cancelling it, so that nothing is left to be drained.
	 */
	private <T> Flux<T> limited(Flux<T> rows, long maxRows) {
		AtomicLong count = new AtomicLong();
		return rows.handle((row, sink) -> {
			long number = count.incrementAndGet();
			if (number <= maxRows) {
				sink.next(row);
			}
			if (number >= maxRows) {
				endAfterPage();
			}
		});
	}

	Flux<Long> counts() {
		return execute().concatMap(PostgresqlResult::getRowsUpdated);
	}

	Flux<PostgresNotice> notices() {
		return execute().concatMap((result) -> result.flatMap(StatementRun::notice));
	}

	private static Publisher<PostgresNotice> notice(Result.Segment segment) {
		if (!(segment instanceof Result.Message message)) {
			return Mono.empty();
		}
		PostgresError details = PostgresErrors.find(message.exception()).orElse(null);
		String severity = (details != null) ? details.severity() : null;
		if (details == null || severity == null || severity.equals("ERROR") || details.isFatal()) {
			return Mono.error(message.exception());
		}
		return Mono.just(new PostgresNotice(severity, details.sqlState(), details.message(), details.detail(),
				details.hint(), details.where()));
	}

	/**
	 * Let the statement end with the page of rows that is under way.
	 */
	void endAfterPage() {
		if (this.client != null) {
			this.client.endAfterPage();
		}
	}

	private Flux<PostgresqlResult> execute() {
		logger.debug(LogMessage.format("Executing [%s]", this.request.sql()));
		StatementClient paging = (this.request.parameters().isEmpty() && this.request.pageSize() > 0) ? this.client
				: null;
		if (paging != null) {
			try {
				return TrunklineClientAccess.pages(this.connection, paging, paging::portal, this.request.sql(),
						this.request.pageSize());
			}
			catch (LinkageError ex) {
				// Another version of the driver, which reads ahead as it likes.
			}
		}
		return this.statement.execute();
	}

}
