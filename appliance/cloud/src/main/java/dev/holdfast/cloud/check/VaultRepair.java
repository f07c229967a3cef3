package dev.holdfast.cloud.check;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.object.PutOptions;
import dev.holdfast.cloud.vault.ObjectKind;
import dev.holdfast.cloud.vault.SealedBody;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Vault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;

/**
 * Stores again what a check found damaged or missing, from the appliance's own files: sealing the same content under the same
 * name gives the same object, so that root and inventories fit again as they are.
 */
public final class VaultRepair {
    private final ObjectStore store;
    private final Vault keys;
    private final Locator locator;
    private final Disk disk = new LocalDisk();

    /** Finds the appliance's own copy of an object. */
    public interface Locator {
        Optional<Path> find(ObjectKind kind, UUID id) throws IOException;
    }

    public VaultRepair(ObjectStore store, Vault keys, Locator locator) {
        this.store = store;
        this.keys = keys;
        this.locator = locator;
    }

    /** Returns whether the object is whole again. */
    public boolean repair(VaultCheck.Finding finding) throws IOException {
        for (ObjectKind kind : new ObjectKind[] {ObjectKind.CONTAINER, ObjectKind.MANIFEST}) {
            if (finding.key().startsWith(kind.prefix())) {
                UUID id = UUID.fromString(finding.key().substring(finding.key().lastIndexOf('/') + 1));
                Optional<Path> file = locator.find(kind, id);
                return file.isPresent() && storeAgain(kind, id, file.get(), finding.sha256());
            }
        }
        return false;
    }

    private boolean storeAgain(ObjectKind kind, UUID id, Path file, byte[] sha256) throws IOException {
        try (ContainerReader reader = ContainerReader.open(disk, file, keys, false);
                Disk.DiskFile content = disk.open(file, false)) {
            // What is damaged here too must not replace what may be less so there.
            reader.verifyHash();
            long length = content.size();
            SealedBody body = new SealedBody(kind, keys, id, new SealedBody.Content() {
                @Override
                public long length() {
                    return length;
                }

                @Override
                public void read(long position, ByteBuffer target) throws IOException {
                    content.read(target, position);
                }
            });
            if (!Arrays.equals(body.hash(), sha256)) {
                return false;
            }
            store.put(body.key(), body, PutOptions.REPLACE);
            return true;
        }
    }
}
