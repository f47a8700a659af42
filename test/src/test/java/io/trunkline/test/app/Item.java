package io.trunkline.test.app;

import org.springframework.data.annotation.Id;

/**
 * Something in the shop.
 *
 * @param id its number
 * @param name its name
 */
public record Item(@Id Long id, String name) {

}
