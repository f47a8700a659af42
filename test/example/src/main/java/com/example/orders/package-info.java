/**
 * Takes orders, as many applications do.
 */
package com.example.orders;
