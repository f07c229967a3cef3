package dev.holdfast.control.audit;

/**
 * Something outside the control database that says which hash an entry had. Whoever made it has checked its signature.
 *
 * @param where it was found, for messages
 * @param at when it was made, ms since 1970
 */
public record Anchor(String where, long id, String hash, long at) {}
