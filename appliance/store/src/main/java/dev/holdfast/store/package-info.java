/**
 * The engine: the deduplicating store of one appliance. {@link dev.holdfast.store.Store} opens it, wires its parts and
 * is what the vault, the daemon and the commands work with; {@link dev.holdfast.store.StoreConfig} says where it lies.
 *
 * <p>A chunk that a client sends goes this way:
 *
 * <ol>
 *   <li>{@code snapshot}: the session of its backup ({@link dev.holdfast.store.snapshot.BackupSession}) takes it.
 *   <li>{@code ingest}: it is verified, compared with what is known, compressed, and appended to an open container.
 *   <li>{@code container}: it becomes an encrypted frame, with keys of {@code envelope}, in a file of a {@code volume},
 *       written through {@code disk}.
 *   <li>{@code ingest} again: its group is synced, then entered into the {@code index}; from then on it is durable and
 *       known.
 *   <li>{@code snapshot} again: the manifest that lists its page is committed, and the snapshot exists.
 * </ol>
 *
 * A chunk that is restored goes back from the {@code index} through {@code restore} and {@code container}. Beside both
 * work {@code gc}, which deletes what no snapshot refers to, {@code check}, which reads everything again, and {@code
 * archive}, through which containers leave for a vault and come back. {@code lease} keeps the collector from what
 * sessions rely on.
 *
 * <p>Nothing here knows networks, clients or the control database. No package of the engine depends on this one, and
 * there are no cycles among them.
 */
package dev.holdfast.store;
