/**
 * Auto-configuration of LISTEN and NOTIFY.
 */
@NullMarked
package io.trunkline.autoconfigure.notification;

import org.jspecify.annotations.NullMarked;
