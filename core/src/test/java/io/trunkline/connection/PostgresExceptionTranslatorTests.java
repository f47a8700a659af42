package io.trunkline.connection;

import java.nio.channels.ClosedChannelException;
import java.util.function.Function;

import io.r2dbc.postgresql.message.backend.Field.FieldType;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

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
import org.springframework.dao.TransientDataAccessException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.r2dbc.BadSqlGrammarException;
import org.springframework.r2dbc.UncategorizedR2dbcException;

import static org.assertj.core.api.Assertions.assertThat;

class PostgresExceptionTranslatorTests {

	@ParameterizedTest
	@CsvSource(textBlock = """
			# SQLSTATE, exception, recoverable, retryable
			08000, ResourceFailure,   false, false
			08001, ResourceFailure,   false, false
			08003, ResourceFailure,   false, false
			08006, ResourceFailure,   false, false
			08P01, ResourceFailure,   false, false
			0A000, ResourceUsage,     true,  false
			0P000, ResourceUsage,     true,  false
			21000, DataIntegrity,     true,  false
			22001, DataIntegrity,     true,  false
			22003, DataIntegrity,     true,  false
			22012, DataIntegrity,     true,  false
			22021, DataIntegrity,     true,  false
			22P02, DataIntegrity,     true,  false
			22P04, DataIntegrity,     true,  false
			23000, DataIntegrity,     true,  false
			23001, DataIntegrity,     true,  false
			23502, DataIntegrity,     true,  false
			23503, DataIntegrity,     true,  false
			23505, DuplicateKey,      true,  false
			23514, DataIntegrity,     true,  false
			23P01, DataIntegrity,     true,  false
			24000, ResourceUsage,     true,  false
			25001, ApiUsage,          true,  false
			25006, ApiUsage,          true,  false
			25P01, ApiUsage,          true,  false
			25P02, ApiUsage,          true,  false
			25P03, ResourceFailure,   false, false
			25P04, ResourceFailure,   false, false
			26000, ResourceUsage,     true,  false
			27000, DataIntegrity,     true,  false
			28000, PermissionDenied,  true,  false
			28P01, PermissionDenied,  true,  false
			2BP01, DataIntegrity,     true,  false
			2D000, ApiUsage,          true,  false
			34000, ResourceUsage,     true,  false
			3B001, ApiUsage,          true,  false
			3D000, ResourceUsage,     true,  false
			3F000, BadSqlGrammar,     true,  false
			40000, PessimisticLock,   true,  false
			40001, CannotAcquireLock, true,  true
			40002, DataIntegrity,     true,  false
			40003, ResourceFailure,   false, false
			40P01, PessimisticLock,   true,  true
			42501, PermissionDenied,  true,  false
			42601, BadSqlGrammar,     true,  false
			42703, BadSqlGrammar,     true,  false
			42883, BadSqlGrammar,     true,  false
			42P01, BadSqlGrammar,     true,  false
			42P07, BadSqlGrammar,     true,  false
			44000, DataIntegrity,     true,  false
			53000, TransientResource, true,  false
			53100, ResourceFailure,   true,  false
			53200, TransientResource, true,  false
			53300, TransientResource, true,  false
			53400, ResourceFailure,   true,  false
			54000, ResourceUsage,     true,  false
			54001, ResourceUsage,     true,  false
			55000, ResourceUsage,     true,  false
			55006, TransientResource, true,  false
			55P03, CannotAcquireLock, true,  true
			57014, QueryTimeout,      true,  false
			57P01, ResourceFailure,   false, false
			57P02, ResourceFailure,   false, false
			57P03, ResourceFailure,   false, false
			57P04, ResourceFailure,   false, false
			57P05, ResourceFailure,   false, false
			58030, ResourceFailure,   true,  false
			P0001, Uncategorized,     true,  false
			P0004, Uncategorized,     true,  false
			XX000, Uncategorized,     true,  false
			XX001, ResourceFailure,   true,  false
			XX002, ResourceFailure,   true,  false
			99999, Uncategorized,     true,  false
			5,     Uncategorized,     true,  false
			""")
	void goesBySqlState(String sqlState, String expected, boolean recoverable, boolean retryable) {
		R2dbcException error = TestErrors.error(sqlState);
		DataAccessException translated = PostgresExceptionTranslator.translate("insert", "SELECT 1", error);
		Class<?> type = typeOf(expected);
		if (type == BadSqlGrammarException.class) {
			assertThat(translated).isInstanceOf(type);
		}
		else {
			assertThat(translated).isExactlyInstanceOf(type);
		}
		assertThat(translated).hasCause(error).hasMessageContaining("SQLSTATE " + sqlState);
		assertThat(PostgresErrors.sqlState(translated)).hasValue(sqlState);
		assertThat(PostgresErrors.isRecoverable(translated)).as("recoverable").isEqualTo(recoverable);
		assertThat(PostgresErrors.isRetryable(translated)).as("retryable").isEqualTo(retryable);
		if (retryable) {
			assertThat(translated).isInstanceOf(TransientDataAccessException.class)
				.hasMessageContaining("it is transient, retry the whole transaction");
		}
	}

	@Test
	void tellsTaskStatementErrorObjectsAndHintInOneLine() {
		R2dbcException error = TestErrors.error(TestErrors.field(FieldType.CODE, "23505"),
				TestErrors.field(FieldType.MESSAGE, "duplicate key\nvalue"),
				TestErrors.field(FieldType.CONSTRAINT_NAME, "users_pkey"),
				TestErrors.field(FieldType.SCHEMA_NAME, "app"), TestErrors.field(FieldType.TABLE_NAME, "users"),
				TestErrors.field(FieldType.COLUMN_NAME, "id"), TestErrors.field(FieldType.HINT, "Use another."));
		assertThat(PostgresExceptionTranslator.translate("insert a user", "INSERT\n\tINTO users", error))
			.hasMessage("insert a user; SQL [INSERT INTO users]; duplicate key value "
					+ "(SQLSTATE 23505, constraint users_pkey, table app.users, column id); hint: Use another.");
	}

	@Test
	void keepsValuesOfRowsOutOfTheMessage() {
		R2dbcException error = TestErrors.error(TestErrors.field(FieldType.CODE, "23505"),
				TestErrors.field(FieldType.MESSAGE, "duplicate key"),
				TestErrors.field(FieldType.DETAIL, "Key (email)=(secret@example.org) already exists."),
				TestErrors.field(FieldType.WHERE, "COPY users, line 1: \"secret@example.org\""));
		DataAccessException translated = PostgresExceptionTranslator.translate("insert", null, error);
		assertThat(translated.toString()).doesNotContain("secret");
		assertThat(PostgresErrors.find(translated)).hasValueSatisfying((found) -> {
			assertThat(found.detail()).contains("secret");
			assertThat(found.where()).contains("secret");
			assertThat(found.toString()).doesNotContain("secret");
		});
	}

	@Test
	void saysWhatTheServerSaidOfBadGrammarAndKeepsTheStatement() {
		DataAccessException translated = PostgresExceptionTranslator.translate("count", "SELEC 1",
				TestErrors.error("42601"));
		assertThat(translated).hasMessage("count; SQL [SELEC 1]; what the server said (SQLSTATE 42601)")
			.isInstanceOfSatisfying(BadSqlGrammarException.class, (ex) -> {
				assertThat(ex.getSql()).isEqualTo("SELEC 1");
				assertThat(ex.getR2dbcException()).isNotNull();
			});
	}

	@Test
	void saysThatAnEarlierStatementFailed() {
		assertThat(PostgresExceptionTranslator.translate("read", null, TestErrors.error("25P02")))
			.hasMessageContaining("an earlier statement of this transaction failed");
	}

	@Test
	void namesTheFirstErrorAndNotTheFailedTransactionThatFollowedFromIt() {
		R2dbcException follower = TestErrors.error("25P02", null, TestErrors.error("23505"));
		assertThat(PostgresExceptionTranslator.translate("read", null, follower))
			.isInstanceOf(DuplicateKeyException.class)
			.hasMessageContaining("SQLSTATE 23505")
			.hasCause(follower);
	}

	@Test
	void takesTheStatementFromTheExceptionWhereNoneIsGiven() {
		assertThat(PostgresExceptionTranslator.translate("read", null, TestErrors.error("42601", "SELEC 1", null)))
			.hasMessageContaining("SQL [SELEC 1]");
	}

	@Test
	void shortensLongStatements() {
		String sql = "SELECT " + "1, ".repeat(10_000) + "1";
		assertThat(PostgresExceptionTranslator.translate("read", sql, TestErrors.error("22012")).getMessage())
			.contains("…]")
			.hasSizeLessThan(1200);
	}

	@Test
	void takesAFatalErrorOfAnyStateForALostConnection() {
		R2dbcException error = TestErrors.error(TestErrors.field(FieldType.CODE, "XX000"),
				TestErrors.field(FieldType.MESSAGE, "internal"),
				TestErrors.field(FieldType.SEVERITY_LOCALIZED, "FATAL"));
		DataAccessException translated = PostgresExceptionTranslator.translate("read", null, error);
		assertThat(translated).isExactlyInstanceOf(DataAccessResourceFailureException.class);
		assertThat(PostgresErrors.isRecoverable(translated)).isFalse();
	}

	@Test
	void takesANetworkFailureWithoutSqlStateForALostConnection() {
		R2dbcException error = TestErrors.withoutDetails(null, new ClosedChannelException());
		assertThat(PostgresExceptionTranslator.translate("read", null, error))
			.isExactlyInstanceOf(DataAccessResourceFailureException.class);
	}

	@Test
	void leavesAnExceptionWithoutSqlStateToSpring() {
		assertThat(PostgresExceptionTranslator.translate("read", null, new R2dbcTimeoutException("no connection")))
			.isInstanceOf(QueryTimeoutException.class);
		assertThat(PostgresExceptionTranslator.translate("read", null, TestErrors.withoutDetails(null, null)))
			.isInstanceOf(UncategorizedR2dbcException.class);
	}

	@Test
	void translatesInsideAPipeline() {
		Mono<Void> failing = Mono.error(TestErrors.error("23505"));
		StepVerifier.create(failing.onErrorMap(PostgresExceptionTranslator.translating("insert", null)))
			.verifyError(DuplicateKeyException.class);
	}

	@Test
	void passesOtherAndTranslatedExceptionsUnchanged() {
		Function<Throwable, Throwable> translating = PostgresExceptionTranslator.translating("insert", null);
		Throwable translated = translating.apply(TestErrors.error("23505"));
		assertThat(translating.apply(translated)).isSameAs(translated);
		Throwable other = new IllegalStateException("something else");
		assertThat(translating.apply(other)).isSameAs(other);
	}

	private static Class<?> typeOf(String name) {
		return switch (name) {
			case "ApiUsage" -> InvalidDataAccessApiUsageException.class;
			case "BadSqlGrammar" -> BadSqlGrammarException.class;
			case "CannotAcquireLock" -> CannotAcquireLockException.class;
			case "DataIntegrity" -> DataIntegrityViolationException.class;
			case "DuplicateKey" -> DuplicateKeyException.class;
			case "PermissionDenied" -> PermissionDeniedDataAccessException.class;
			case "PessimisticLock" -> PessimisticLockingFailureException.class;
			case "QueryTimeout" -> QueryTimeoutException.class;
			case "ResourceFailure" -> DataAccessResourceFailureException.class;
			case "ResourceUsage" -> InvalidDataAccessResourceUsageException.class;
			case "TransientResource" -> TransientDataAccessResourceException.class;
			case "Uncategorized" -> UncategorizedR2dbcException.class;
			default -> throw new IllegalArgumentException(name);
		};
	}

}
