package io.trunkline.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;

import org.springframework.transaction.annotation.Isolation;

/**
 * Runs each test in one transaction that is rolled back after it, whatever asks for a
 * connection meanwhile: the test, repositories, {@code @Transactional} services, or a web
 * server that the test calls. All of it sees what the others did; nobody else ever does.
 * <p>
 * The transaction begins before {@code @BeforeEach} and ends after {@code @AfterEach},
 * for every PostgreSQL connection factory of the context. Transactions and single
 * statements of the application become savepoints of it. {@code @Commit} keeps the work
 * of a test, and {@code @Sql} scripts run inside the transaction.
 * <p>
 * A test fails when it leaves a transaction open, ends the transaction by itself, or
 * commits in a new transaction what a failed outer one takes away. What needs a real
 * commit, such as NOTIFY, belongs into a test with {@link DatabasePerTest}.
 * <p>
 * The annotation goes on a class or a method, is inherited, holds for {@code @Nested}
 * classes, and may be used in an annotation of your own. Tests that have it do not run at
 * the same time as one another.
 *
 * @since 0.1.0
 */
@Target({ ElementType.TYPE, ElementType.METHOD })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ResourceLock("io.trunkline.test")
@ExtendWith(TestParameters.class)
public @interface RollbackPerTest {

	/**
	 * The isolation level of the test's transaction. That of the application's
	 * transactions has no effect.
	 */
	Isolation isolation() default Isolation.DEFAULT;

}
