package io.trunkline.largeobject;

/**
 * What PostgreSQL knows of a large object.
 *
 * @param oid its object identifier, between 1 and 4,294,967,295
 * @param size its size in bytes: the position after the last byte written, holes included
 * @param owner the role that owns it
 * @since 0.1.0
 */
public record LargeObject(long oid, long size, String owner) {
}
