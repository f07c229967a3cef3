/**
 * Keys: the keyring with its slots, the keys that are derived from it, chunk ids that say nothing without them, and
 * authenticated encryption.
 *
 * <p>Uses {@code disk} to write the keyring, and nothing else of the store. Called by {@code container}, by all who
 * turn a digest into a chunk id, by the vault, and by the commands that manage keys.
 */
package dev.holdfast.store.envelope;
