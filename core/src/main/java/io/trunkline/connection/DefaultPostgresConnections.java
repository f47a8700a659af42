package io.trunkline.connection;

import java.util.function.BiFunction;
import java.util.function.Function;

import io.netty.buffer.ByteBuf;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.postgresql.api.PostgresqlStatement;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.util.Operators;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Readable;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;
import org.springframework.r2dbc.connection.ConnectionFactoryUtils;
import org.springframework.transaction.NoTransactionException;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.reactive.TransactionalOperator;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.util.Assert;

/**
 * Default implementation of {@link PostgresConnections}.
 */
final class DefaultPostgresConnections implements PostgresConnections {

	/**
	 * One name for all: scopes that end in another order than they began stay balanced,
	 * as a release or a rollback takes the innermost savepoint of that name.
	 */
	private static final String SAVEPOINT = "trunkline";

	private static final String SET_SAVEPOINT = "SAVEPOINT " + SAVEPOINT;

	private static final String RELEASE_SAVEPOINT = "RELEASE SAVEPOINT " + SAVEPOINT;

	private static final String RETURN_TO_SAVEPOINT = "ROLLBACK TO SAVEPOINT " + SAVEPOINT + "; RELEASE SAVEPOINT "
			+ SAVEPOINT;

	private static final Log logger = LogFactory.getLog(DefaultPostgresConnections.class);

	private final ConnectionFactory connectionFactory;

	private final TransactionalOperator newTransaction;

	private final CopyBridge bridge = CopyBridge.create();

	DefaultPostgresConnections(ConnectionFactory connectionFactory) {
		Assert.notNull(connectionFactory, "'connectionFactory' must not be null");
		if (!"PostgreSQL".equals(connectionFactory.getMetadata().getName())) {
			throw new UnsupportedConnectionFactoryException(connectionFactory);
		}
		this.connectionFactory = connectionFactory;
		this.newTransaction = newTransaction(connectionFactory, TransactionMode.DEFAULT);
	}

	private static TransactionalOperator newTransaction(ConnectionFactory connectionFactory, TransactionMode mode) {
		DefaultTransactionDefinition definition = new DefaultTransactionDefinition(
				TransactionDefinition.PROPAGATION_NESTED);
		definition.setIsolationLevel(mode.isolation().value());
		definition.setReadOnly(mode.readOnly());
		if (mode.name() != null) {
			definition.setName(mode.name());
		}
		return TransactionalOperator
			.create(new CompleteBegin(new ModalTransactionManager(connectionFactory, mode.deferrable())), definition);
	}

	@Override
	public ConnectionFactory getConnectionFactory() {
		return this.connectionFactory;
	}

	@Override
	public <T> Flux<T> withConnection(Function<? super PostgresqlConnection, ? extends Publisher<? extends T>> work) {
		return withScope((connection, scope) -> work.apply(connection));
	}

	@Override
	public <T> Flux<T> query(String sql, Function<? super Readable, ? extends T> mapper, Object... parameters) {
		return query(StatementRequest.of(sql, parameters), mapper);
	}

	@Override
	public <T> Flux<T> query(StatementRequest request, Function<? super Readable, ? extends T> mapper) {
		Assert.notNull(request, "'request' must not be null");
		Assert.notNull(mapper, "'mapper' must not be null");
		return run(request, (run) -> run.rows(mapper));
	}

	@Override
	public Mono<Void> execute(String sql, Object... parameters) {
		return run(StatementRequest.of(sql, parameters), StatementRun::counts).then();
	}

	@Override
	public Mono<Long> update(String sql, Object... parameters) {
		return update(StatementRequest.of(sql, parameters));
	}

	@Override
	public Mono<Long> update(StatementRequest request) {
		Assert.notNull(request, "'request' must not be null");
		return run(request, StatementRun::counts).reduce(0L, Long::sum);
	}

	@Override
	public Flux<PostgresNotice> notices(StatementRequest request) {
		Assert.notNull(request, "'request' must not be null");
		return run(request, StatementRun::notices);
	}

	/**
	 * Run a statement, and stop it on the server when it is abandoned where it is a
	 * transaction of its own, or belongs to one that {@link #inTransaction} rolls back
	 * next. In a transaction of the caller it is left to end: cancelled, it would take
	 * the transaction with it.
	 */
	private <T> Flux<T> run(StatementRequest request, Function<StatementRun, Flux<T>> results) {
		return withScope((connection, scope) -> StatementGate.passed(Flux.deferContextual((view) -> {
			Client client = this.bridge.clientIfAccessible(connection);
			StatementRun run = new StatementRun(connection, client, request);
			if (client != null && (connection.isAutoCommit() || StatementGate.in(view) != null)) {
				return scope.abort(client, "").statement(results.apply(run), run::endAfterPage);
			}
			// The driver can be left stuck by the cancellation of a result in its midst.
			return Operators.discardOnCancel(results.apply(run), run::endAfterPage);
		})));
	}

	@Override
	public Mono<ConnectionStatus> status() {
		return withScope((connection, scope) -> new StatusCheck(connection, this.bridge.client(connection)).status())
			.singleOrEmpty()
			.onErrorResume((ex) -> !PostgresErrors.isRecoverable(ex), (ex) -> Mono.just(StatusCheck.UNREACHABLE));
	}

	@Override
	public Mono<Boolean> isTransactionActive() {
		return ConnectionFactoryUtils.currentConnectionFactory(this.connectionFactory)
			.hasElement()
			.onErrorResume(NoTransactionException.class, (ex) -> Mono.just(false));
	}

	@Override
	public <T> Flux<T> inTransaction(Function<? super PostgresqlConnection, ? extends Publisher<? extends T>> work) {
		return inTransaction(this.newTransaction, work);
	}

	@Override
	public <T> Flux<T> inTransaction(TransactionMode mode,
			Function<? super PostgresqlConnection, ? extends Publisher<? extends T>> work) {
		Assert.notNull(mode, "'mode' must not be null");
		return inTransaction(newTransaction(this.connectionFactory, mode), work);
	}

	private <T> Flux<T> inTransaction(TransactionalOperator newTransaction,
			Function<? super PostgresqlConnection, ? extends Publisher<? extends T>> work) {
		return isTransactionActive()
			.<T>flatMapMany((active) -> active ? inSavepoint(work)
					: newTransaction.<T>execute((transaction) -> withConnection(work)))
			.contextWrite(StatementGate::addTo)
			.onErrorMap(PostgresExceptionTranslator.translating("PostgreSQL", null));
	}

	/**
	 * Spring's nested transaction would roll back and release in two steps, between which
	 * a caller who goes on after a cancellation may set a savepoint, and after a begin
	 * that was cancelled even later than the caller's next statement. This queues both in
	 * the very call that cancels.
	 */
	private <T> Flux<T> inSavepoint(Function<? super PostgresqlConnection, ? extends Publisher<? extends T>> work) {
		return withConnection((connection) -> Flux.deferContextual((view) -> {
			StatementGate gate = view.get(StatementGate.class);
			Mono<Void> back = gate.end(() -> run(connection, RETURN_TO_SAVEPOINT));
			return Flux.<T, StatementGate>usingWhen(Mono.just(gate),
					(held) -> held.pass(run(connection, SET_SAVEPOINT).flux())
						.thenMany(Flux.defer(() -> Flux.<T>from(work.apply(connection)))),
					(held) -> held.end(() -> run(connection, RELEASE_SAVEPOINT)),
					(held, ex) -> back.onErrorResume((failure) -> {
						ex.addSuppressed(failure);
						return Mono.empty();
					}), (held) -> back);
		}));
	}

	@Override
	public Flux<ByteBuf> copyOut(String sql) {
		Assert.hasText(sql, "'sql' must not be empty");
		return withScope((connection, scope) -> {
			logger.debug(LogMessage.format("Executing [%s]", sql));
			if (connection.isAutoCommit()) {
				return copyOut(connection, scope, sql, "");
			}
			return StatementGate.passed(connection.createSavepoint(SAVEPOINT).flux())
				.thenMany(copyOut(connection, scope, sql, RETURN_TO_SAVEPOINT))
				.onErrorResume((ex) -> StatementGate.passed(execute(connection, RETURN_TO_SAVEPOINT))
					.onErrorComplete()
					.then(Mono.error(ex)))
				.concatWith(StatementGate.passed(run(connection, RELEASE_SAVEPOINT).flux()).then(Mono.empty()));
		});
	}

	private Flux<ByteBuf> copyOut(PostgresqlConnection connection, Scope scope, String sql, String fenceSql) {
		return StatementGate
			.passed(Flux.defer(() -> this.bridge.copyOut(connection, sql, (client) -> scope.abort(client, fenceSql))));
	}

	@Override
	public Mono<Long> copyIn(String sql, Publisher<ByteBuf> data) {
		Assert.hasText(sql, "'sql' must not be empty");
		Assert.notNull(data, "'data' must not be null");
		return withScope((connection, scope) -> {
			logger.debug(LogMessage.format("Executing [%s]", sql));
			Client client = this.bridge.client(connection);
			return StatementGate.passed(new CopyIn(sql).from(data, scope.abort(client, "")).flux());
		}).singleOrEmpty();
	}

	private <T> Flux<T> withScope(
			BiFunction<? super PostgresqlConnection, Scope, ? extends Publisher<? extends T>> work) {
		Mono<Scope> scope = ConnectionFactoryUtils.getConnection(this.connectionFactory).map(Scope::new);
		return Flux
			.<T, Scope>usingWhen(scope, (held) -> work.apply(unwrapped(held), held), this::release, this::release,
					this::release)
			.onErrorMap(PostgresExceptionTranslator.translating("PostgreSQL", null));
	}

	/**
	 * Unwrapped here and not while acquiring: an error then still releases the
	 * connection.
	 */
	private static PostgresqlConnection unwrapped(Scope scope) {
		return PostgresConnections.unwrap(scope.connection);
	}

	/**
	 * Give the connection back once nothing of an abandoned COPY is left on it: until
	 * then the server's cancellation could hit the next user's statement. The connection
	 * of a transaction stays with it.
	 */
	private Mono<Void> release(Scope scope) {
		return scope.ended()
			.then(ConnectionFactoryUtils.currentConnectionFactory(this.connectionFactory))
			.then()
			.onErrorResume(NoTransactionException.class, (ex) -> Mono.from(scope.connection.close()));
	}

	/**
	 * A session that the server has ended is closed here: its connection is still open
	 * when the error arrives, and a pool would hand it to the next caller.
	 */
	private Mono<Void> release(Scope scope, Throwable ex) {
		boolean ended = PostgresErrors.find(ex).filter(PostgresErrors::endsConnection).isPresent();
		return ended ? close(scope).then(release(scope)) : release(scope);
	}

	private static Mono<Void> close(Scope scope) {
		return Mono.defer(() -> unwrapped(scope).close()).onErrorComplete();
	}

	private static Mono<Void> run(PostgresqlConnection connection, String sql) {
		return execute(connection, sql).concatMap(PostgresqlResult::getRowsUpdated).then();
	}

	private static Flux<PostgresqlResult> execute(PostgresqlConnection connection, String sql, Object... parameters) {
		logger.debug(LogMessage.format("Executing [%s]", sql));
		PostgresqlStatement statement = connection.createStatement(sql);
		for (int i = 0; i < parameters.length; i++) {
			statement.bind(i, parameters[i]);
		}
		return statement.execute();
	}

	/**
	 * One holding of a connection.
	 */
	private static final class Scope {

		private final Connection connection;

		private volatile @Nullable StatementAbort abort;

		Scope(Connection connection) {
			this.connection = connection;
		}

		StatementAbort abort(Client client, String fenceSql) {
			StatementAbort abort = new StatementAbort(client, fenceSql);
			this.abort = abort;
			return abort;
		}

		Mono<Void> ended() {
			StatementAbort abort = this.abort;
			return (abort != null) ? abort.ended() : Mono.empty();
		}

	}

}
