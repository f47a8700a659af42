package io.trunkline.connection;

import java.util.Optional;
import java.util.TimeZone;
import java.util.function.Consumer;
import java.util.function.Predicate;

import io.netty.buffer.ByteBufAllocator;
import io.r2dbc.postgresql.api.ErrorDetails;
import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.client.ConnectionContext;
import io.r2dbc.postgresql.client.TransactionStatus;
import io.r2dbc.postgresql.client.Version;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.backend.CommandComplete;
import io.r2dbc.postgresql.message.backend.NoticeResponse;
import io.r2dbc.postgresql.message.backend.NotificationResponse;
import io.r2dbc.postgresql.message.frontend.Close;
import io.r2dbc.postgresql.message.frontend.Execute;
import io.r2dbc.postgresql.message.frontend.ExecutionType;
import io.r2dbc.postgresql.message.frontend.Flush;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Sync;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Stands between one statement of the driver and the connection's client, for what the
 * driver does not do: it counts the rows of MERGE, shows notices, and asks for no further
 * page of rows once nobody wants them.
 */
final class StatementClient implements Client {

	private static final String MERGE = "MERGE ";

	private static final Log logger = LogFactory.getLog(StatementClient.class);

	private final Client client;

	private final boolean paged;

	private final @Nullable Consumer<? super PostgresNotice> notices;

	private volatile @Nullable String portal;

	private volatile boolean enough;

	/**
	 * Only the driver's requests, which come one after the other, change it.
	 */
	private boolean closing;

	/**
	 * Create a client for one statement.
	 * @param client the connection's client
	 * @param paged whether rows are fetched page by page
	 * @param notices told each notice, {@code null} for nobody
	 */
	StatementClient(Client client, boolean paged, @Nullable Consumer<? super PostgresNotice> notices) {
		this.client = client;
		this.paged = paged;
		this.notices = notices;
	}

	void portal(String name) {
		this.portal = name;
	}

	/**
	 * Let the statement end with the page that is under way.
	 */
	void endAfterPage() {
		this.enough = true;
	}

	@Override
	public Flux<BackendMessage> exchange(Predicate<BackendMessage> takeUntil, Publisher<FrontendMessage> requests) {
		Publisher<FrontendMessage> sent = this.paged ? Flux.from(requests).map(this::request) : requests;
		return this.client.exchange(takeUntil, sent).map(this::response);
	}

	/**
	 * Close the portal instead of asking it for more. The driver flushes after it has
	 * asked, which would leave the statement open; that decision must not be taken anew
	 * between the two.
	 */
	private FrontendMessage request(FrontendMessage message) {
		String portal = this.portal;
		if (message instanceof Execute && this.enough && portal != null) {
			this.closing = true;
			return new Close(portal, ExecutionType.PORTAL);
		}
		return (this.closing && message == Flush.INSTANCE) ? Sync.INSTANCE : message;
	}

	private BackendMessage response(BackendMessage message) {
		if (message instanceof CommandComplete complete) {
			return counted(complete);
		}
		if (this.notices != null && message instanceof NoticeResponse notice) {
			tell(this.notices, PostgresNotice.of(new ErrorDetails(notice.getFields())));
		}
		return message;
	}

	private static CommandComplete counted(CommandComplete complete) {
		String command = complete.getCommand();
		if (complete.getRows() != null || !command.startsWith(MERGE)) {
			return complete;
		}
		return new CommandComplete(MERGE.strip(), null, Long.valueOf(command.substring(MERGE.length())));
	}

	private static void tell(Consumer<? super PostgresNotice> notices, PostgresNotice notice) {
		try {
			notices.accept(notice);
		}
		catch (RuntimeException ex) {
			// In the midst of the protocol an error would leave the connection unusable.
			logger.warn("A consumer of notices failed", ex);
		}
	}

	@Override
	public Disposable addNotificationListener(Consumer<NotificationResponse> consumer) {
		return this.client.addNotificationListener(consumer);
	}

	@Override
	public void addNotificationListener(Subscriber<NotificationResponse> consumer) {
		this.client.addNotificationListener(consumer);
	}

	@Override
	public Mono<Void> close() {
		return this.client.close();
	}

	@Override
	public void send(FrontendMessage message) {
		this.client.send(message);
	}

	@Override
	public ByteBufAllocator getByteBufAllocator() {
		return this.client.getByteBufAllocator();
	}

	@Override
	public ConnectionContext getContext() {
		return this.client.getContext();
	}

	@Override
	public Optional<Integer> getProcessId() {
		return this.client.getProcessId();
	}

	@Override
	public Scheduler getScheduler() {
		return this.client.getScheduler();
	}

	@Override
	public Optional<Integer> getSecretKey() {
		return this.client.getSecretKey();
	}

	@Override
	public Optional<TimeZone> getTimeZone() {
		return this.client.getTimeZone();
	}

	@Override
	public TransactionStatus getTransactionStatus() {
		return this.client.getTransactionStatus();
	}

	@Override
	public Version getVersion() {
		return this.client.getVersion();
	}

	@Override
	public boolean isConnected() {
		return this.client.isConnected();
	}

	@Override
	public Mono<Void> cancelRequest() {
		return this.client.cancelRequest();
	}

}
