/**
 * Reads snapshots without restoring them: lists, searches, compares and prints entries, and verifies content.
 *
 * <p>Uses {@code remote}. Called by {@code cli} and, for verification, by {@code service}.
 */
package dev.holdfast.agent.browse;
