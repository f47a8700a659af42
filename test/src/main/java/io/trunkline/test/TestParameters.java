package io.trunkline.test;

import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.test.context.TestStatementsSource;
import io.trunkline.test.session.StatementLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import reactor.core.publisher.Mono;

import org.springframework.context.ApplicationContext;
import org.springframework.test.context.junit.jupiter.SpringExtension;
import org.springframework.test.context.support.TestConstructorUtils;
import org.springframework.util.ReflectionUtils;

/**
 * Gives tests what they work with as parameters: a {@link Connection}, which is closed
 * after the test, {@link TestStatements}, and whatever is created for a
 * {@link ConnectionFactory} by a static method {@code create}, as all interfaces of
 * Trunkline are. Where the context has one bean of the type, it is that one.
 */
class TestParameters implements ParameterResolver {

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private static final Namespace NAMESPACE = Namespace.create(TestParameters.class);

	@Override
	public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
		return !isSpring(parameter.getDeclaringExecutable(), context) && isSupported(parameter.getParameter());
	}

	/**
	 * Spring's extension resolves all parameters of a constructor that it autowires, and
	 * JUnit refuses what two resolve.
	 */
	private static boolean isSpring(Executable executable, ExtensionContext context) {
		return TestConstructorUtils.isAutowirableConstructor(executable,
				(property) -> context.getConfigurationParameter(property).orElse(null));
	}

	/**
	 * An annotation tells who else resolves the parameter: Spring, Mockito.
	 */
	static boolean isSupported(Parameter parameter) {
		return parameter.getAnnotations().length == 0 && isSupported(parameter.getType());
	}

	private static boolean isSupported(Class<?> type) {
		return type == Connection.class || type == ConnectionFactory.class || type == TestStatements.class
				|| creator(type) != null;
	}

	private static @Nullable Method creator(Class<?> type) {
		if (!type.isInterface()) {
			return null;
		}
		Method method = ReflectionUtils.findMethod(type, "create", ConnectionFactory.class);
		return (method != null && Modifier.isStatic(method.getModifiers()) && Modifier.isPublic(method.getModifiers()))
				? method : null;
	}

	@Override
	public @Nullable Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
		ApplicationContext spring = SpringExtension.getApplicationContext(context);
		Class<?> type = parameter.getParameter().getType();
		if (type == TestStatements.class) {
			return new TestStatements(() -> TestStatementsSource.entries(spring));
		}
		Object bean = spring.getBeanProvider(type).getIfUnique();
		return (bean != null) ? bean : resolve(type, spring.getBean(ConnectionFactory.class), context, List::of);
	}

	static Object resolve(Class<?> type, ConnectionFactory factory, ExtensionContext context,
			java.util.function.Supplier<List<StatementLog.Entry>> statements) {
		if (type == TestStatements.class) {
			return new TestStatements(statements);
		}
		if (type == ConnectionFactory.class) {
			return factory;
		}
		if (type == Connection.class) {
			Connection connection = Objects.requireNonNull(Mono.from(factory.create()).block(LONGEST));
			context.getStore(NAMESPACE)
				.put(connection, (AutoCloseable) () -> Mono.from(connection.close()).block(LONGEST));
			return connection;
		}
		Method creator = Objects.requireNonNull(creator(type));
		return Objects.requireNonNull(ReflectionUtils.invokeMethod(creator, null, factory));
	}

}
