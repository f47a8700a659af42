/**
 * A live feed of notifications.
 */
@NullMarked
package io.trunkline.sample.notifications;

import org.jspecify.annotations.NullMarked;
