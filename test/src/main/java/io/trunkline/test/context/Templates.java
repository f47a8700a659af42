package io.trunkline.test.context;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import reactor.core.publisher.Flux;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.support.DefaultSingletonBeanRegistry;
import org.springframework.boot.r2dbc.OptionsCapableConnectionFactory;
import org.springframework.context.ApplicationContext;

/**
 * The templates of a context, one for each of the databases that its connection factories
 * lead to.
 */
final class Templates implements DisposableBean {

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private final Map<ConnectionFactory, ConnectionFactoryOptions> options = new IdentityHashMap<>();

	private final Map<List<Object>, TemplateDatabase> templates = new HashMap<>();

	private Templates() {
	}

	static synchronized Templates of(ApplicationContext context) {
		String name = Templates.class.getName();
		if (!context.containsLocalBean(name)) {
			Templates templates = new Templates();
			DefaultSingletonBeanRegistry registry = (DefaultSingletonBeanRegistry) context
				.getAutowireCapableBeanFactory();
			registry.registerSingleton(name, templates);
			registry.registerDisposableBean(name, templates);
		}
		return context.getBean(name, Templates.class);
	}

	/**
	 * Return the template of the database that a factory leads to.
	 */
	synchronized TemplateDatabase template(ConnectionFactory factory) {
		ConnectionFactoryOptions options = options(factory);
		return this.templates.computeIfAbsent(database(options), (key) -> TemplateDatabase.of(factory, options));
	}

	private static List<Object> database(ConnectionFactoryOptions options) {
		return Arrays.asList(options.getValue(ConnectionFactoryOptions.HOST),
				Objects.requireNonNullElse(options.getValue(ConnectionFactoryOptions.PORT), "").toString(),
				options.getValue(ConnectionFactoryOptions.DATABASE));
	}

	/**
	 * Return the options that a factory was made with, with the name of the database.
	 */
	synchronized ConnectionFactoryOptions options(ConnectionFactory factory) {
		return this.options.computeIfAbsent(factory, Templates::read);
	}

	private static ConnectionFactoryOptions read(ConnectionFactory factory) {
		OptionsCapableConnectionFactory capable = OptionsCapableConnectionFactory.unwrapFrom(factory);
		if (capable == null) {
			throw new IllegalStateException("@DatabasePerTest cannot tell which database "
					+ factory.getClass().getName()
					+ " leads to: make it with Spring Boot's ConnectionFactoryBuilder, and let what decorates it be"
					+ " an io.r2dbc.spi.Wrapped, as a DelegatingConnectionFactory is");
		}
		ConnectionFactoryOptions options = capable.getOptions();
		return options.hasOption(ConnectionFactoryOptions.DATABASE) ? options
				: options.mutate().option(ConnectionFactoryOptions.DATABASE, currentDatabase(factory)).build();
	}

	private static String currentDatabase(ConnectionFactory factory) {
		return Objects.requireNonNull(Flux.usingWhen(factory.create(),
				(connection) -> Flux.from(connection.createStatement("SELECT pg_catalog.current_database()").execute())
					.concatMap((result) -> result.map((row) -> row.get(0, String.class))),
				Connection::close)
			.blockLast(LONGEST));
	}

	@Override
	public synchronized void destroy() {
		this.templates.values().forEach(TemplateDatabase::close);
	}

}
