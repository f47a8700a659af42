/**
 * LISTEN and NOTIFY over a connection that comes back.
 */
@NullMarked
package io.trunkline.notification;

import org.jspecify.annotations.NullMarked;
