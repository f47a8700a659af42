package io.trunkline.test.session;

import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

import org.springframework.transaction.reactive.TransactionContext;
import org.springframework.transaction.reactive.TransactionContextManager;

/**
 * Recognises a flow by the transaction context that Spring keeps in it.
 */
final class Flow {

	private Flow() {
	}

	static @Nullable Object of(ContextView context) {
		if (context.isEmpty()) {
			return null;
		}
		AtomicReference<@Nullable TransactionContext> found = new AtomicReference<>();
		TransactionContextManager.currentContext().contextWrite(context).subscribe(found::set, (ex) -> found.set(null));
		return found.get();
	}

}
