package io.trunkline.test.session;

import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;

import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.message.frontend.Bind;
import io.r2dbc.postgresql.message.frontend.CompositeFrontendMessage;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Parse;
import io.r2dbc.postgresql.message.frontend.Query;
import io.r2dbc.postgresql.message.frontend.Sync;
import org.jspecify.annotations.Nullable;

/**
 * Tells which statement a message to the server carries. The driver's messages have no
 * accessors, so it reads what they print; where that changes, the statement is unknown.
 * Prepared statements are known by name from when they were prepared.
 */
final class SentSql {

	private static final Map<Client, Map<String, String>> PREPARED = new WeakHashMap<>();

	private final Map<String, String> prepared;

	SentSql(Client client) {
		synchronized (PREPARED) {
			this.prepared = PREPARED.computeIfAbsent(client, (key) -> new ConcurrentHashMap<>());
		}
	}

	/**
	 * Return the statement that a message carries, or {@code null} where it carries none
	 * that is known.
	 */
	@Nullable String of(FrontendMessage message) {
		if (message instanceof Query || message instanceof Parse) {
			return quoted(message.toString(), "query='");
		}
		if (message instanceof Bind) {
			String name = quoted(message.toString(), "source='");
			return (name != null) ? this.prepared.get(name) : null;
		}
		return (message instanceof CompositeFrontendMessage) ? ofComposite(message.toString()) : null;
	}

	private @Nullable String ofComposite(String text) {
		int parse = text.indexOf("Parse{name='");
		int bind = text.indexOf("Bind{name='");
		if (parse >= 0 && (bind < 0 || parse < bind)) {
			int end = text.indexOf("'}", text.indexOf("query='", parse));
			int next = text.indexOf("'}, Bind{", parse);
			String sql = quoted(text.substring(parse, ((next >= 0) ? next : end) + 2), "query='");
			String name = text.substring(parse + 12, text.indexOf('\'', parse + 12));
			if (sql != null && !name.isEmpty()) {
				this.prepared.put(name, sql);
			}
			return sql;
		}
		if (bind < 0) {
			return null;
		}
		int source = text.indexOf("source='", bind);
		int end = (source >= 0) ? text.indexOf('\'', source + 8) : -1;
		return (end >= 0) ? this.prepared.get(text.substring(source + 8, end)) : null;
	}

	private static @Nullable String quoted(String text, String start) {
		int from = text.indexOf(start);
		int to = text.lastIndexOf("'}");
		return (from >= 0 && to >= from + start.length()) ? text.substring(from + start.length(), to) : null;
	}

	/**
	 * Whether the driver waits for nothing before it lets the server end the statement,
	 * so that it need not see the end at once.
	 */
	static boolean endsByItself(FrontendMessage message) {
		return message instanceof Query
				|| message instanceof CompositeFrontendMessage composite && composite.contains(Sync.INSTANCE);
	}

}
