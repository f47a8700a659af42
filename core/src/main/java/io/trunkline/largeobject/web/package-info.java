/**
 * Answers to HTTP requests with the content of large objects, for Spring WebFlux. Needs
 * {@code org.springframework:spring-webflux} on the class path.
 */
@NullMarked
package io.trunkline.largeobject.web;

import org.jspecify.annotations.NullMarked;
