package io.trunkline.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Gives each test a database of its own, with the schema and the rows that the context's
 * database has when the first such test begins. It is for tests that have to commit:
 * those of notifications, of locks between transactions, of statements that run outside
 * of transactions.
 * <p>
 * A template is made once per context: the connections to the context's database are
 * ended for that. Each test gets a clone of it, which all connection factories of the
 * context lead to while it runs, and which is dropped afterwards, with whatever
 * connections are left. The next ones are made while a test runs. With
 * {@code trunkline.test.keep-failed-database=true} the database of a failed test stays,
 * and its URL is logged.
 * <p>
 * The user must be allowed to create databases and to end connections. A
 * {@code DataSource} of the context is not led to the clone.
 * <p>
 * The annotation goes on a class or a method, is inherited, holds for {@code @Nested}
 * classes, and may be used in an annotation of your own. Where it is nearer to a test
 * than {@link RollbackPerTest}, the test is not rolled back; with both in one place it
 * is, in its own database. Tests that have it do not run at the same time as one another,
 * nor as those with {@link RollbackPerTest}.
 *
 * @since 0.1.0
 */
@Target({ ElementType.TYPE, ElementType.METHOD })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ResourceLock("io.trunkline.test")
@ExtendWith(TestParameters.class)
public @interface DatabasePerTest {

	/**
	 * Whether the tests of a class share one database. On a method it has no effect.
	 */
	boolean perClass() default false;

}
