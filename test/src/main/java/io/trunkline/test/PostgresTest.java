package io.trunkline.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.data.r2dbc.test.autoconfigure.DataR2dbcTest;
import org.springframework.core.annotation.AliasFor;

/**
 * Tests what lies on the database, and nothing else of the application: repositories, the
 * templates of Trunkline, and the server. It is {@link DataR2dbcTest}, which has them all
 * as well, with {@link RollbackPerTest}.
 * <p>
 * Where neither a container with {@code @ServiceConnection} nor {@code spring.r2dbc.url}
 * tells which server to use, it is the one that the environment variable
 * {@code TRUNKLINE_TEST_URL} names, else an embedded one.
 *
 * @since 0.1.0
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@DataR2dbcTest
@RollbackPerTest
public @interface PostgresTest {

	/**
	 * Properties of the environment, as {@code key=value}.
	 */
	@AliasFor(annotation = DataR2dbcTest.class, attribute = "properties")
	String[] properties() default {};

	/**
	 * Auto-configurations to leave out.
	 */
	@AliasFor(annotation = ImportAutoConfiguration.class, attribute = "exclude")
	Class<?>[] excludeAutoConfiguration() default {};

}
