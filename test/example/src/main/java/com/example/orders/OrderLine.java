package com.example.orders;

import org.springframework.data.annotation.Id;

/**
 * A product in an order.
 *
 * @param id its number, given by the database
 * @param orderId the order
 * @param sku the product
 * @param quantity how many
 */
public record OrderLine(@Id Long id, Long orderId, String sku, int quantity) {
}
