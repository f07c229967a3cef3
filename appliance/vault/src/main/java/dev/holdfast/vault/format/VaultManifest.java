package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.object.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * A manifest as it lies in a vault, read by its last frame alone.
 *
 * @param object how it is sealed
 * @param bytes its own length
 */
public record VaultManifest(StoredSnapshot snapshot, SealedObject object, long bytes) {
    public static VaultManifest read(ObjectStore store, VaultKeys keys, UUID id) throws IOException {
        SealedReader reader = SealedReader.open(store, keys, ObjectKind.MANIFEST, id);
        Path name = Path.of("vault:" + ObjectKind.MANIFEST.key(id));
        try (ContainerReader manifest = ContainerReader.open(new ObjectFile(reader), name, keys)) {
            List<FrameEntry> frames = manifest.readTrailer();
            if (frames.isEmpty()) {
                throw FormatException.corrupt("manifest " + id + " is empty");
            }
            StoredSnapshot snapshot =
                    StoredSnapshot.parse(manifest.readFrame(frames.getLast()).unpack());
            return new VaultManifest(snapshot, reader.object(), reader.length());
        }
    }
}
