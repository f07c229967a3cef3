/**
 * Snapshots: backup sessions and the manifests that they commit, lists of snapshots, forgetting them, and which of them
 * no rule may remove. After a crash or a loss {@link dev.holdfast.store.snapshot.IndexRecovery} makes the index agree
 * with containers and manifests.
 *
 * <p>Uses {@code ingest} to store chunks, {@code restore} to read pages, {@code lease}, {@code index} and {@code
 * container}. Called by the server for backups and restores, by retention, plans and the console for lists, and by the
 * vault.
 */
package dev.holdfast.store.snapshot;
