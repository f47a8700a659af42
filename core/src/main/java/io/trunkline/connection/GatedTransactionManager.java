package io.trunkline.connection;

import io.r2dbc.spi.ConnectionFactory;
import reactor.core.publisher.Mono;

import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.reactive.GenericReactiveTransaction;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;

/**
 * Rolls back behind the last statement that passed the {@link StatementGate} in the
 * Reactor context.
 */
@SuppressWarnings("serial")
class GatedTransactionManager extends R2dbcTransactionManager {

	GatedTransactionManager(ConnectionFactory connectionFactory) {
		super(connectionFactory);
	}

	@Override
	protected Mono<Void> doRollback(TransactionSynchronizationManager synchronizationManager,
			GenericReactiveTransaction status) throws TransactionException {
		Mono<Void> rollback = super.doRollback(synchronizationManager, status);
		return Mono.deferContextual((view) -> {
			StatementGate gate = StatementGate.in(view);
			return (gate != null) ? gate.close().then(rollback) : rollback;
		});
	}

}
