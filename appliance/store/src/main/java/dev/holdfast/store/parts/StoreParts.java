package dev.holdfast.store.parts;

import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.volume.Volumes;
import java.time.InstantSource;

/**
 * What ingest, restore, collection and checks of one store work on. The store owns and closes it.
 *
 * @param archive read from where a container is not on its volume
 * @param clock says when snapshots and containers were made; nothing that is safe depends on it
 */
public record StoreParts(
        Disk disk, VaultKeys vault, ChunkIndex index, Volumes volumes, ContainerArchive archive, InstantSource clock) {}
