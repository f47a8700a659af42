package io.trunkline.connection;

import io.r2dbc.postgresql.api.PostgresTransactionDefinition;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Option;
import io.r2dbc.spi.TransactionDefinition;
import org.jspecify.annotations.Nullable;

/**
 * Begins deferrable transactions, which Spring has no notion of.
 */
@SuppressWarnings("serial")
final class ModalTransactionManager extends GatedTransactionManager {

	private final boolean deferrable;

	ModalTransactionManager(ConnectionFactory connectionFactory, boolean deferrable) {
		super(connectionFactory);
		this.deferrable = deferrable;
	}

	@Override
	protected TransactionDefinition createTransactionDefinition(
			org.springframework.transaction.TransactionDefinition definition) {
		TransactionDefinition created = super.createTransactionDefinition(definition);
		return this.deferrable ? new DeferrableDefinition(created) : created;
	}

	private record DeferrableDefinition(TransactionDefinition definition) implements TransactionDefinition {

		@Override
		@SuppressWarnings("unchecked")
		public <T> @Nullable T getAttribute(Option<T> option) {
			return PostgresTransactionDefinition.DEFERRABLE.equals(option) ? (T) Boolean.TRUE
					: this.definition.getAttribute(option);
		}

	}

}
