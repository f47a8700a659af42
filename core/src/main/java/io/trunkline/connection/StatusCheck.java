package io.trunkline.connection;

import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.Map;
import java.util.Objects;
import java.util.TimeZone;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.client.TransactionStatus;
import io.trunkline.connection.ConnectionStatus.State;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Finds out what a connection is and does.
 */
final class StatusCheck {

	/**
	 * What the protocol calls reported parameters, of all supported versions.
	 */
	private static final String PARAMETERS = """
			SELECT name, pg_catalog.current_setting(name, true)
			FROM pg_catalog.unnest('{application_name,client_encoding,DateStyle,default_transaction_read_only,
				in_hot_standby,integer_datetimes,IntervalStyle,is_superuser,scram_iterations,search_path,
				server_encoding,server_version,session_authorization,standard_conforming_strings,TimeZone}'::text[])
				AS reported (name)
			WHERE pg_catalog.current_setting(name, true) IS NOT NULL
			""";

	static final ConnectionStatus UNREACHABLE = new ConnectionStatus(State.DEAD, null, null, null, Map.of());

	private final PostgresqlConnection connection;

	private final Client client;

	StatusCheck(PostgresqlConnection connection, Client client) {
		this.connection = connection;
		this.client = client;
	}

	/**
	 * Ask the server by an empty statement, which it answers in a failed transaction too.
	 */
	Mono<ConnectionStatus> status() {
		return this.connection.createStatement("")
			.execute()
			.concatMap(PostgresqlResult::getRowsUpdated)
			.then(Mono.defer(this::answered))
			.onErrorResume((ex) -> !PostgresErrors.isRecoverable(ex), (ex) -> Mono.just(status(State.DEAD, Map.of())));
	}

	private Mono<ConnectionStatus> answered() {
		State state = state(this.client.getTransactionStatus());
		if (state == State.FAILED_TRANSACTION) {
			return Mono.just(status(state, Map.of()));
		}
		return this.connection.createStatement(PARAMETERS)
			.execute()
			.concatMap((result) -> result
				.map((row, metadata) -> Map.entry(Objects.requireNonNull(row.get(0, String.class)),
						Objects.requireNonNull(row.get(1, String.class)))))
			.collectMap(Map.Entry::getKey, Map.Entry::getValue)
			.map((parameters) -> status(state, parameters));
	}

	private static State state(TransactionStatus status) {
		return switch (status) {
			case IDLE -> State.READY;
			case OPEN -> State.IN_TRANSACTION;
			case FAILED -> State.FAILED_TRANSACTION;
		};
	}

	private ConnectionStatus status(State state, Map<String, String> parameters) {
		return new ConnectionStatus(state, this.client.getProcessId().orElse(null),
				this.client.getVersion().getVersion(), this.client.getTimeZone().map(StatusCheck::zone).orElse(null),
				parameters);
	}

	private static @Nullable ZoneId zone(TimeZone timeZone) {
		try {
			return timeZone.toZoneId();
		}
		catch (DateTimeException ex) {
			return null;
		}
	}

}
