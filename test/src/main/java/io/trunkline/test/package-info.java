/**
 * Tests of reactive code that leave no trace in the database.
 */
@NullMarked
package io.trunkline.test;

import org.jspecify.annotations.NullMarked;
