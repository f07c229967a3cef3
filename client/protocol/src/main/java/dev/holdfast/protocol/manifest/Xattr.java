package dev.holdfast.protocol.manifest;

/** One extended attribute; POSIX ACLs and file capabilities are extended attributes too. Neither part is text. */
public record Xattr(byte[] name, byte[] value) {}
