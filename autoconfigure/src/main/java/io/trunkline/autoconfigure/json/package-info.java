/**
 * Leads the application's JSON mapper to every feature that reads or writes JSON.
 */
@NullMarked
package io.trunkline.autoconfigure.json;

import org.jspecify.annotations.NullMarked;
