package dev.holdfast.store.container;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Brings a container that was open when the appliance stopped to its sealed form. May itself be interrupted and repeated. */
public final class TornContainer {
    private TornContainer() {}

    /**
     * Seals what is whole under the final name. A file without a single whole frame is deleted: nothing in it was ever
     * acknowledged.
     *
     * @return the frames saved, and whether frames before them were lost to damage
     */
    public static ContainerReader.Scan recover(Disk disk, Path finalPath, VaultKeys vault) throws IOException {
        Path open = ContainerWriter.openPath(finalPath);
        ContainerReader.Scan scan;
        try (ContainerReader reader = ContainerReader.open(disk, open, vault, true)) {
            scan = reader.sealTorn();
        } catch (FormatException e) {
            // Header and first frames reach the disk in one sync, so nothing in here was acknowledged, unless the disk
            // damaged the header later: keep the file for a person to look at, out of the way.
            disk.rename(open, finalPath.resolveSibling(finalPath.getFileName() + ".damaged"));
            return new ContainerReader.Scan(List.of(), true);
        }
        if (scan.frames().isEmpty()) {
            disk.delete(open);
        } else {
            disk.rename(open, finalPath);
        }
        Path directory = finalPath.getParent();
        if (directory != null) {
            disk.syncDirectory(directory);
        }
        return scan;
    }
}
