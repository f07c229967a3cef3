/**
 * Compares two directory trees byte for byte, with all metadata.
 *
 * <p>Uses {@code fs}. Called by {@code cli} (the commands {@code compare} and {@code quickstart}) and by tests.
 */
package dev.holdfast.agent.compare;
