package io.trunkline.connection;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;

import io.r2dbc.postgresql.message.backend.Field.FieldType;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.transaction.TransactionSystemException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

class PostgresErrorsTests {

	@Test
	void takesOverEveryFieldOfTheServersMessage() {
		R2dbcException error = TestErrors.error(TestErrors.field(FieldType.CODE, "23502"),
				TestErrors.field(FieldType.MESSAGE, "null value"),
				TestErrors.field(FieldType.SEVERITY_LOCALIZED, "FEHLER"),
				TestErrors.field(FieldType.SEVERITY_NON_LOCALIZED, "ERROR"),
				TestErrors.field(FieldType.DETAIL, "Failing row"), TestErrors.field(FieldType.HINT, "Do this"),
				TestErrors.field(FieldType.WHERE, "line 1"), TestErrors.field(FieldType.SCHEMA_NAME, "app"),
				TestErrors.field(FieldType.TABLE_NAME, "users"), TestErrors.field(FieldType.COLUMN_NAME, "email"),
				TestErrors.field(FieldType.CONSTRAINT_NAME, "users_email_check"),
				TestErrors.field(FieldType.DATA_TYPE_NAME, "text"), TestErrors.field(FieldType.POSITION, "15"));
		assertThat(PostgresErrors.find(error)).hasValue(new PostgresError("23502", "null value", "ERROR", "Failing row",
				"Do this", "line 1", "app", "users", "email", "users_email_check", "text", 15));
		assertThat(PostgresErrors.constraint(error)).hasValue("users_email_check");
	}

	@Test
	void leavesAbsentFieldsNull() {
		assertThat(PostgresErrors.find(TestErrors.error("22012"))).hasValue(new PostgresError("22012",
				"what the server said", null, null, null, null, null, null, null, null, null, null));
		assertThat(PostgresErrors.constraint(TestErrors.error("22012"))).isEmpty();
	}

	@Test
	void readsStateAndMessageOfAnExceptionWithoutDetails() {
		assertThat(PostgresErrors.find(TestErrors.withoutDetails("40001", null))).hasValueSatisfying((error) -> {
			assertThat(error.sqlState()).isEqualTo("40001");
			assertThat(error.message()).isEqualTo("said by another driver");
		});
		assertThat(PostgresErrors.isRetryable(TestErrors.withoutDetails("40001", null))).isTrue();
	}

	@Test
	void findsNothingInOtherExceptions() {
		assertThat(PostgresErrors.find(new IllegalStateException(new RuntimeException()))).isEmpty();
		assertThat(PostgresErrors.find(TestErrors.withoutDetails(null, null))).isEmpty();
		assertThat(PostgresErrors.sqlState(new IllegalStateException())).isEmpty();
		assertThat(PostgresErrors.isRecoverable(new IllegalStateException())).isTrue();
		assertThat(PostgresErrors.isRetryable(new IllegalStateException())).isFalse();
	}

	@Test
	void looksThroughWrappers() {
		Throwable wrapped = Exceptions.propagate(new Exception(
				new DuplicateKeyException("spring", TestErrors.withoutDetails(null, TestErrors.error("23505")))));
		assertThat(PostgresErrors.sqlState(wrapped)).hasValue("23505");
	}

	@Test
	void looksIntoReactorsComposites() {
		assertThat(PostgresErrors.sqlState(Exceptions.multiple(new IllegalStateException(), TestErrors.error("23503"))))
			.hasValue("23503");
	}

	@Test
	void survivesACycleOfCauses() {
		Exception first = new Exception("first");
		Exception second = new Exception("second", first);
		first.initCause(second);
		assertThat(PostgresErrors.find(second)).isEmpty();
		assertThat(PostgresErrors.isRecoverable(second)).isTrue();
	}

	@Test
	void prefersTheFirstErrorToTheFailedTransactionThatFollowed() {
		assertThat(PostgresErrors.sqlState(TestErrors.error("25P02", null, TestErrors.error("40001"))))
			.hasValue("40001");
		assertThat(PostgresErrors.sqlState(TestErrors.error("25P02"))).hasValue("25P02");
	}

	@Test
	void prefersTheErrorToTheFailureOfTheCleanUpThatFollowed() {
		Throwable failure = catchThrowable(() -> Mono
			.usingWhen(Mono.just("connection"), (resource) -> Mono.error(TestErrors.error("40P01")),
					(resource) -> Mono.empty(), (resource, ex) -> Mono.error(TestErrors.error("08006")),
					(resource) -> Mono.empty())
			.block());
		assertThat(PostgresErrors.sqlState(failure)).hasValue("40P01");
		assertThat(PostgresErrors.isRetryable(failure)).isTrue();
		assertThat(PostgresErrors.isRecoverable(failure)).isFalse();
	}

	@Test
	void prefersTheApplicationsErrorToTheFailureOfTheRollback() {
		TransactionSystemException failure = new TransactionSystemException("rollback", TestErrors.error("08003"));
		failure.initApplicationException(TestErrors.error("23514"));
		assertThat(PostgresErrors.sqlState(failure)).hasValue("23514");
		assertThat(PostgresErrors.isRecoverable(failure)).isFalse();
	}

	@Test
	void takesNetworkFailuresForTheEndOfTheConnection() {
		assertThat(PostgresErrors.isRecoverable(new ConnectException("refused"))).isFalse();
		assertThat(PostgresErrors.isRecoverable(new RuntimeException(new ClosedChannelException()))).isFalse();
		assertThat(PostgresErrors.isRecoverable(new IOException("Connection reset by peer"))).isFalse();
	}

	@Test
	void takesAFailedValidationOfAPoolForTheEndOfTheConnection() {
		R2dbcException failure = new R2dbcNonTransientResourceException("Connection validation failed");
		assertThat(PostgresErrors.isRecoverable(new DataAccessResourceFailureException("pool", failure))).isFalse();
	}

	@Test
	void leavesTheConnectionUsableAfterAnIoErrorOfTheApplication() {
		assertThat(PostgresErrors.isRecoverable(new FileNotFoundException("upload.bin"))).isTrue();
		assertThat(PostgresErrors.isRecoverable(new IOException("disk quota"))).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "FATAL", "PANIC" })
	void takesFatalSeverityForTheEndOfTheConnection(String severity) {
		R2dbcException error = TestErrors.error(TestErrors.field(FieldType.CODE, "53300"),
				TestErrors.field(FieldType.MESSAGE, "too many"),
				TestErrors.field(FieldType.SEVERITY_LOCALIZED, "übersetzt"),
				TestErrors.field(FieldType.SEVERITY_NON_LOCALIZED, severity));
		assertThat(PostgresErrors.isRecoverable(error)).isFalse();
	}

}
