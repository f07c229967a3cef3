/**
 * Makes snapshots: walks the sources, detects what changed, reads and cuts files, sends unknown chunks, and builds the manifest.
 *
 * <p>{@link dev.holdfast.agent.backup.Backup} is one backup; {@link dev.holdfast.agent.backup.Attempts} repeats it after a lost
 * connection. Uses {@code fs}, {@code scan}, {@code chunk} and {@code remote}. Called by {@code cli} and {@code service}.
 */
package dev.holdfast.agent.backup;
