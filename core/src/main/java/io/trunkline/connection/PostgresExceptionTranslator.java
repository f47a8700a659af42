package io.trunkline.connection;

import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.Function;

import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcRollbackException;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.r2dbc.UncategorizedR2dbcException;
import org.springframework.r2dbc.connection.ConnectionFactoryUtils;

/**
 * Translate R2DBC exceptions to Spring's {@link DataAccessException}s by SQLSTATE, where
 * Spring itself goes by the classes that the driver chose.
 * <table>
 * <caption>SQLSTATE to exception; an exact state goes before its class</caption>
 * <tr>
 * <td>23505</td>
 * <td>{@link DuplicateKeyException}</td>
 * </tr>
 * <tr>
 * <td>class 23, 21, 22, 27, 2B, 44; 40002</td>
 * <td>{@link DataIntegrityViolationException}</td>
 * </tr>
 * <tr>
 * <td>40001 serialization failure, 55P03 lock not available</td>
 * <td>{@link CannotAcquireLockException}</td>
 * </tr>
 * <tr>
 * <td>40P01 deadlock, class 40</td>
 * <td>{@link PessimisticLockingFailureException}</td>
 * </tr>
 * <tr>
 * <td>57014 cancelled, by a timeout or a request</td>
 * <td>{@link QueryTimeoutException}</td>
 * </tr>
 * <tr>
 * <td>class 08, 53, 57, 58; 40003, 25P03, 25P04, XX001, XX002; severity FATAL or
 * PANIC</td>
 * <td>{@link DataAccessResourceFailureException}</td>
 * </tr>
 * <tr>
 * <td>53000, 53200 out of memory, 53300 too many connections, 55006 object in use</td>
 * <td>{@link TransientDataAccessResourceException}</td>
 * </tr>
 * <tr>
 * <td>42501, class 28</td>
 * <td>{@link PermissionDeniedDataAccessException}</td>
 * </tr>
 * <tr>
 * <td>class 42, 3F</td>
 * <td>{@link org.springframework.r2dbc.BadSqlGrammarException}</td>
 * </tr>
 * <tr>
 * <td>class 25 (25006 read-only, 25P02 failed transaction), 2D, 3B; a commit that the
 * server answers with a rollback, since a statement failed before</td>
 * <td>{@link InvalidDataAccessApiUsageException}</td>
 * </tr>
 * <tr>
 * <td>class 0A, 0P, 24, 26, 34, 3D, 54, 55</td>
 * <td>{@link InvalidDataAccessResourceUsageException}</td>
 * </tr>
 * <tr>
 * <td>anything else, as P0001 of {@code RAISE EXCEPTION} and XX000</td>
 * <td>{@link UncategorizedR2dbcException}</td>
 * </tr>
 * </table>
 * <p>
 * The cause is the R2DBC exception, so that {@link PostgresErrors} answers for the result
 * as well. The message is one line: the task, the statement, what the server said, its
 * SQLSTATE, the constraint, table and column, and the hint. The server's {@code detail}
 * and {@code where} stay out of it, for they quote values of rows; they are in the
 * {@link PostgresError}.
 *
 * @since 0.1.0
 */
public final class PostgresExceptionTranslator {

	private static final int SHOWN_SQL = 1000;

	private static final String EARLIER_STATEMENT_FAILED = "an earlier statement of this transaction failed, "
			+ "and its error is the one to look at";

	private PostgresExceptionTranslator() {
	}

	/**
	 * Return a function for {@code onErrorMap} that translates R2DBC exceptions and
	 * passes all others as they are, {@link DataAccessException}s that were translated
	 * before among them.
	 * @param task what was being done, in a few words
	 * @param sql the statement, or {@code null} to take it from the exception
	 * @return the function
	 */
	public static Function<Throwable, Throwable> translating(String task, @Nullable String sql) {
		return (ex) -> {
			Throwable unwrapped = Exceptions.unwrap(ex);
			return (unwrapped instanceof R2dbcException r2dbc) ? translate(task, sql, r2dbc) : ex;
		};
	}

	/**
	 * Translate an R2DBC exception.
	 * @param task what was being done, in a few words
	 * @param sql the statement, or {@code null} to take it from the exception
	 * @param ex the exception
	 * @return Spring's exception, with the given one as its cause
	 */
	public static DataAccessException translate(String task, @Nullable String sql, R2dbcException ex) {
		String statement = (sql != null) ? sql : ex.getSql();
		Optional<PostgresError> error = PostgresErrors.find(ex);
		if (error.isPresent()) {
			return translate(task, statement, error.get(), ex);
		}
		if (PostgresErrors.hasNetworkFailure(ex)) {
			return new DataAccessResourceFailureException(message(task, statement, oneLine(ex.getMessage())), ex);
		}
		// Without a SQLSTATE the exception comes from a pool or the driver, not from the
		// server.
		return ConnectionFactoryUtils.convertR2dbcException(task, statement, ex);
	}

	private static DataAccessException translate(String task, @Nullable String sql, PostgresError error,
			R2dbcException ex) {
		String message = message(task, sql, describe(error));
		return switch (error.sqlState()) {
			case "23505" -> new DuplicateKeyException(message, ex);
			case "40001", "55P03" -> new CannotAcquireLockException(message, ex);
			case "40002" -> new DataIntegrityViolationException(message, ex);
			case PostgresErrors.NO_SQL_STATE -> (ex instanceof R2dbcRollbackException)
					? new InvalidDataAccessApiUsageException(message + "; " + EARLIER_STATEMENT_FAILED, ex)
					: new UncategorizedR2dbcException(message, sql, ex);
			case "57014" -> new QueryTimeoutException(message, ex);
			case "42501" -> new PermissionDeniedDataAccessException(message, ex);
			case "53000", "53200", "53300", "55006" -> new TransientDataAccessResourceException(message, ex);
			case "40003", "25P03", "25P04", "XX001", "XX002" -> new DataAccessResourceFailureException(message, ex);
			default -> translateByClass(message, task, sql, error, ex);
		};
	}

	private static DataAccessException translateByClass(String message, String task, @Nullable String sql,
			PostgresError error, R2dbcException ex) {
		String sqlStateClass = error.sqlState().substring(0, Math.min(2, error.sqlState().length()));
		if (sqlStateClass.equals("28")) {
			return new PermissionDeniedDataAccessException(message, ex);
		}
		if (PostgresErrors.endsConnection(error)) {
			return new DataAccessResourceFailureException(message, ex);
		}
		return switch (sqlStateClass) {
			case "21", "22", "23", "27", "2B", "44" -> new DataIntegrityViolationException(message, ex);
			case "40" -> new PessimisticLockingFailureException(message, ex);
			case "53", "57", "58" -> new DataAccessResourceFailureException(message, ex);
			case "3F", "42" -> new PostgresBadSqlGrammarException(message, task, (sql != null) ? sql : "", ex);
			case "25", "2D", "3B" -> new InvalidDataAccessApiUsageException(message, ex);
			case "0A", "0P", "24", "26", "34", "3D", "54", "55" ->
				new InvalidDataAccessResourceUsageException(message, ex);
			default -> new UncategorizedR2dbcException(message, sql, ex);
		};
	}

	private static String message(String task, @Nullable String sql, String problem) {
		StringJoiner message = new StringJoiner("; ").add(task);
		if (sql != null && !sql.isBlank()) {
			String shown = oneLine(sql);
			message.add("SQL [" + ((shown.length() > SHOWN_SQL) ? shown.substring(0, SHOWN_SQL) + "…" : shown) + "]");
		}
		return message.add(problem).toString();
	}

	private static String describe(PostgresError error) {
		StringJoiner facts = new StringJoiner(", ", " (", ")").add("SQLSTATE " + error.sqlState());
		if (error.constraint() != null) {
			facts.add("constraint " + error.constraint());
		}
		if (error.table() != null) {
			facts.add("table " + ((error.schema() != null) ? error.schema() + "." : "") + error.table());
		}
		if (error.column() != null) {
			facts.add("column " + error.column());
		}
		StringBuilder text = new StringBuilder(oneLine(error.message())).append(facts);
		if (error.hint() != null) {
			text.append("; hint: ").append(oneLine(error.hint()));
		}
		String advice = adviceFor(error);
		return (advice != null) ? text.append("; ").append(advice).toString() : text.toString();
	}

	private static @Nullable String adviceFor(PostgresError error) {
		return switch (error.sqlState()) {
			case "40001" -> "the transaction lost against a concurrent one (serialization failure): "
					+ "it is transient, retry the whole transaction";
			case "40P01" ->
				"the transaction was chosen to end a deadlock: it is transient, retry the whole transaction";
			case "55P03" -> "another transaction holds the lock: it is transient, retry the whole transaction later";
			case "25P02" -> EARLIER_STATEMENT_FAILED + ": roll back before any further statement";
			case "25006" -> "the transaction is read-only, or the server is a standby: "
					+ "write in a read-write transaction on the primary";
			default -> null;
		};
	}

	private static String oneLine(@Nullable String text) {
		return (text != null) ? text.strip().replaceAll("\\s+", " ") : "";
	}

}
