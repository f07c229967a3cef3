/**
 * Restores snapshots into a directory: plans windows of the manifest, fetches chunks in the order of the appliance's disk, writes them
 * beside the final names, and sets metadata last.
 *
 * <p>{@link dev.holdfast.agent.restore.Restore} is one restore and wires the parts; they are package-private. Uses {@code fs},
 * {@code remote} and, for patterns, {@code scan}. Called by {@code cli} and {@code service}.
 */
package dev.holdfast.agent.restore;
