package io.trunkline.test;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Marks a class that runs tests in an engine of its own, which knows nothing of the locks
 * around it: tests of both would be in the same context at once.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ResourceLock("io.trunkline.test")
@interface RunsTests {

}
