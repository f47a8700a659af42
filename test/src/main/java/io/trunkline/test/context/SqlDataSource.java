package io.trunkline.test.context;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;

import javax.sql.DataSource;

import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.Result;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Lets Spring's own listener run the scripts of {@code @Sql} over R2DBC: it asks for a
 * {@link DataSource}, and gets one that knows nothing but to execute statements. It is
 * added when the context is complete, where there is no other, so that nothing else is
 * configured with it.
 */
final class SqlDataSource {

	private static final Duration LONGEST = Duration.ofMinutes(5);

	private static final String NAME = "trunklineSqlDataSource";

	private SqlDataSource() {
	}

	static void register(ApplicationContext context) {
		if (context instanceof ConfigurableApplicationContext configurable) {
			synchronized (configurable) {
				ConnectionFactory factory = context.getBeanProvider(ConnectionFactory.class).getIfUnique();
				if (factory != null && context.getBeanNamesForType(DataSource.class, true, false).length == 0) {
					configurable.getBeanFactory().registerSingleton(NAME, dataSource(factory));
				}
			}
		}
	}

	static DataSource dataSource(ConnectionFactory factory) {
		return proxy(DataSource.class, Map.of("getConnection", (proxy, method, arguments) -> connection(factory)));
	}

	private static Connection connection(ConnectionFactory factory) {
		return proxy(Connection.class, Map.of("createStatement", (proxy, method, arguments) -> statement(factory),
				"getAutoCommit", (proxy, method, arguments) -> true));
	}

	private static Statement statement(ConnectionFactory factory) {
		long[] updated = { -1 };
		return proxy(Statement.class, Map.of("execute", (proxy, method, arguments) -> {
			updated[0] = execute(factory, String.valueOf(arguments[0]));
			return false;
		}, "getUpdateCount", (proxy, method, arguments) -> (int) updated[0], "getMoreResults",
				(proxy, method, arguments) -> {
					updated[0] = -1;
					return false;
				}));
	}

	private static long execute(ConnectionFactory factory, String sql) throws SQLException {
		try {
			Long count = Flux
				.usingWhen(factory.create(),
						(connection) -> Flux.from(connection.createStatement(sql).execute())
							.concatMap(Result::getRowsUpdated),
						io.r2dbc.spi.Connection::close)
				.reduce(0L, Long::sum)
				.block(LONGEST);
			return (count != null) ? count : 0;
		}
		catch (R2dbcException ex) {
			throw new SQLException(ex.getMessage(), ex.getSqlState(), ex);
		}
	}

	/**
	 * Make something of an interface that does what it is told to; what is left returns
	 * nothing, and does nothing.
	 */
	private static <T> T proxy(Class<T> type, Map<String, InvocationHandler> methods) {
		return type
			.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type }, (proxy, method, arguments) -> {
				InvocationHandler handler = methods.get(method.getName());
				if (handler != null) {
					return handler.invoke(proxy, method, arguments);
				}
				return switch (method.getName()) {
					case "equals" -> proxy == arguments[0];
					case "hashCode" -> System.identityHashCode(proxy);
					case "toString" -> "R2DBC as " + type.getSimpleName();
					default -> nothing(method.getReturnType());
				};
			}));
	}

	private static @Nullable Object nothing(Class<?> type) {
		if (type == boolean.class) {
			return false;
		}
		if (type == int.class) {
			return 0;
		}
		return (type == long.class) ? 0L : null;
	}

}
