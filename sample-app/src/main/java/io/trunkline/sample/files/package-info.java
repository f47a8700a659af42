/**
 * Files: a row of metadata and a large object each.
 */
@NullMarked
package io.trunkline.sample.files;

import org.jspecify.annotations.NullMarked;
