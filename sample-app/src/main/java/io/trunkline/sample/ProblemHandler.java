package io.trunkline.sample;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.trunkline.connection.PostgresError;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.copy.CopyDataException;
import io.trunkline.copy.CopyLocation;
import io.trunkline.largeobject.LargeObjectNotFoundException;
import io.trunkline.schema.TableNotFoundException;
import io.trunkline.schema.UnknownColumnException;
import io.trunkline.table.DeletionDeniedException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;

import org.springframework.beans.TypeMismatchException;
import org.springframework.core.MethodParameter;
import org.springframework.core.codec.DecodingException;
import org.springframework.core.log.LogMessage;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.reactive.result.method.annotation.ResponseEntityExceptionHandler;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebInputException;
import org.springframework.web.server.UnsupportedMediaTypeStatusException;

/**
 * Tells of errors as RFC 9457 problem details, with what PostgreSQL said about them: its
 * message, SQLSTATE, constraint, table and column, but never a statement, a row's values
 * or a stack trace.
 */
@RestControllerAdvice
public class ProblemHandler extends ResponseEntityExceptionHandler {

	/** Something is there already, or something else depends on it. */
	private static final Set<String> CONFLICTS = Set.of("42P07", "2BP01", "55006");

	/**
	 * Values that the server cannot take, a missing one, one that a check refuses, and
	 * what cannot be done with a table or a column.
	 */
	private static final Set<String> BAD_REQUESTS = Set.of("0A", "22", "23502", "23514", "3F", "42601", "42703",
			"42704", "42804", "42809", "42830", "42846", "42883", "428C9", "42P01", "42P16", "55000", "54");

	/**
	 * Where other words are better than those of the driver, which name the host of a
	 * connection, and of the server, which do not tell the key that came twice.
	 */
	private static final Set<String> UNQUOTED = Set.of("08", "21000");

	/** What Jackson says of the place where something began that does not end. */
	private static final Pattern REDACTED_SOURCE = Pattern.compile(" \\(start marker at \\[Source: [^]]*]\\)");

	private static final Log logger = LogFactory.getLog(ProblemHandler.class);

	private final RecentProblems recent;

	ProblemHandler(RecentProblems recent) {
		this.recent = recent;
	}

	@ExceptionHandler
	Mono<ResponseEntity<Object>> handleAny(Exception ex, ServerWebExchange exchange) {
		if (AbandonedRequestFilter.isClientGone(ex)) {
			return Mono.error(ex);
		}
		ProblemDetail problem = problem(ex, exchange.getRequest());
		return handleExceptionInternal(ex, problem, new HttpHeaders(), HttpStatusCode.valueOf(problem.getStatus()),
				exchange);
	}

	/**
	 * Make the problem detail of an error, and log it where it is not the client's fault.
	 * @param ex the error
	 * @param request what failed
	 */
	public ProblemDetail problem(Throwable ex, ServerHttpRequest request) {
		Optional<PostgresError> error = PostgresErrors.find(ex);
		HttpStatus status = status(ex, error.map(PostgresError::sqlState).orElse(""));
		String failed = request.getMethod() + " " + request.getPath();
		if (status == HttpStatus.SERVICE_UNAVAILABLE) {
			logger.warn(LogMessage.format("%s for %s: %s", status, failed, ex.getMessage()));
		}
		else if (status.is5xxServerError()) {
			logger.error(LogMessage.format("%s for %s", status, failed), ex);
		}
		ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail(ex, status, error));
		if (ex instanceof UnknownColumnException unknown) {
			problem.setProperty("table", unknown.getTable());
			problem.setProperty("column", unknown.getColumn());
		}
		error.ifPresent((said) -> describe(problem, said));
		this.recent.keep(request, problem);
		return problem;
	}

	@Override
	protected Mono<ResponseEntity<Object>> createResponseEntity(@Nullable Object body, @Nullable HttpHeaders headers,
			HttpStatusCode status, ServerWebExchange exchange) {
		if (body instanceof ProblemDetail problem) {
			this.recent.keep(exchange.getRequest(), problem);
		}
		return super.createResponseEntity(body, headers, status, exchange);
	}

	/**
	 * Spring says no more than that a type does not match.
	 */
	@Override
	protected Mono<ResponseEntity<Object>> handleServerWebInputException(ServerWebInputException ex,
			HttpHeaders headers, HttpStatusCode status, ServerWebExchange exchange) {
		MethodParameter parameter = ex.getMethodParameter();
		if (parameter != null && ex.getCause() instanceof TypeMismatchException mismatch) {
			ex.getBody()
				.setDetail("The parameter '%s' must be %s, and is '%s'".formatted(parameter.getParameterName(),
						expected(parameter.getParameterType()), mismatch.getValue()));
		}
		else if (ex.getCause() instanceof DecodingException && ex.getRootCause() instanceof JacksonException json) {
			TokenStreamLocation place = json.getLocation();
			ex.getBody()
				.setDetail("The body is not the JSON that is expected here: "
						+ REDACTED_SOURCE.matcher(json.getOriginalMessage()).replaceAll("") + ((place != null)
								? " (line %d, column %d)".formatted(place.getLineNr(), place.getColumnNr()) : ""));
		}
		return super.handleServerWebInputException(ex, headers, status, exchange);
	}

	@Override
	protected Mono<ResponseEntity<Object>> handleUnsupportedMediaTypeStatusException(
			UnsupportedMediaTypeStatusException ex, HttpHeaders headers, HttpStatusCode status,
			ServerWebExchange exchange) {
		ex.getBody().setDetail(howToSend(exchange.getRequest()));
		return super.handleUnsupportedMediaTypeStatusException(ex, headers, status, exchange);
	}

	/**
	 * A form, which is what curl sends where it is not told, has no exception of its own.
	 */
	@Override
	protected Mono<ResponseEntity<Object>> handleResponseStatusException(ResponseStatusException ex,
			HttpHeaders headers, HttpStatusCode status, ServerWebExchange exchange) {
		if (status == HttpStatus.UNSUPPORTED_MEDIA_TYPE) {
			ex.getBody().setDetail(howToSend(exchange.getRequest()));
		}
		return super.handleResponseStatusException(ex, headers, status, exchange);
	}

	/**
	 * All that is read by its type here is JSON; files and tables are taken as they come,
	 * but not out of a form.
	 */
	private static String howToSend(ServerHttpRequest request) {
		// As it was sent, which may be no type at all.
		String sent = request.getHeaders().getFirst(HttpHeaders.CONTENT_TYPE);
		if (sent != null && sent.toLowerCase(Locale.ROOT).startsWith(MediaType.MULTIPART_FORM_DATA_VALUE)) {
			return "The body is a form: send what is in the file and nothing around it,"
					+ " as 'curl -T FILE -X POST' does, or JSON with the header 'Content-Type: application/json'";
		}
		return "The body " + ((sent != null) ? "is sent as " + sent : "has no Content-Type")
				+ ": send JSON with the header 'Content-Type: application/json'";
	}

	private static String expected(Class<?> type) {
		Object[] constants = type.getEnumConstants();
		return (constants == null) ? "of type " + type.getSimpleName()
				: Arrays.stream(constants)
					.map((constant) -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT))
					.collect(Collectors.joining(", ", "one of ", ""));
	}

	private static HttpStatus status(Throwable ex, String sqlState) {
		if (ex instanceof LargeObjectNotFoundException || ex instanceof TableNotFoundException) {
			return HttpStatus.NOT_FOUND;
		}
		if (ex instanceof DeletionDeniedException || ex instanceof PermissionDeniedDataAccessException) {
			return HttpStatus.FORBIDDEN;
		}
		// The templates say IllegalArgumentException of names that cannot be one.
		if (ex instanceof InvalidMediaTypeException || ex instanceof InvalidDataAccessApiUsageException
				|| ex instanceof UnknownColumnException || ex instanceof CopyDataException
				|| ex instanceof IllegalArgumentException) {
			return HttpStatus.BAD_REQUEST;
		}
		if (ex instanceof DataAccessResourceFailureException || ex instanceof TransientDataAccessResourceException
				|| ex instanceof CannotCreateTransactionException || ex instanceof QueryTimeoutException
				|| !PostgresErrors.isRecoverable(ex)) {
			return HttpStatus.SERVICE_UNAVAILABLE;
		}
		if (ex instanceof DataIntegrityViolationException && !(ex instanceof DuplicateKeyException)
				&& sqlState.isEmpty()) {
			return HttpStatus.BAD_REQUEST;
		}
		if (CONFLICTS.contains(sqlState)) {
			return HttpStatus.CONFLICT;
		}
		if (BAD_REQUESTS.stream().anyMatch(sqlState::startsWith)) {
			return HttpStatus.BAD_REQUEST;
		}
		if (ex instanceof DataIntegrityViolationException || ex instanceof ConcurrencyFailureException) {
			return HttpStatus.CONFLICT;
		}
		return HttpStatus.INTERNAL_SERVER_ERROR;
	}

	private static String detail(Throwable ex, HttpStatus status, Optional<PostgresError> error) {
		if (error.isPresent() && UNQUOTED.stream().noneMatch(error.get().sqlState()::startsWith)) {
			return error.get().message() + dependents(error.get())
					+ (status.is4xxClientError() ? CopyLocation.find(ex).map(ProblemHandler::place).orElse("") : "");
		}
		return switch (status) {
			case SERVICE_UNAVAILABLE -> "The database cannot be reached; try again later";
			case INTERNAL_SERVER_ERROR -> "Something went wrong; the log of the application says what";
			default -> String.valueOf(ex.getMessage());
		};
	}

	/**
	 * Return what depends on a table: names, where the detail of other errors has values.
	 */
	private static String dependents(PostgresError error) {
		return (error.sqlState().equals("2BP01") && error.detail() != null) ? ": " + error.detail() : "";
	}

	private static String place(CopyLocation location) {
		return " (" + location + ")";
	}

	private static void describe(ProblemDetail problem, PostgresError error) {
		problem.setProperty("sqlState", error.sqlState());
		if (error.constraint() != null) {
			problem.setProperty("constraint", error.constraint());
		}
		if (error.table() != null) {
			problem.setProperty("table", error.table());
		}
		if (error.column() != null) {
			problem.setProperty("column", error.column());
		}
	}

}
