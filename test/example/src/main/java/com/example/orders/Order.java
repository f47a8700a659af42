package com.example.orders;

import org.springframework.data.annotation.Id;
import org.springframework.data.relational.core.mapping.Table;

/**
 * An order.
 *
 * @param id its number, given by the database
 * @param customer who ordered
 */
@Table("orders")
public record Order(@Id Long id, String customer) {
}
