package dev.holdfast.store.snapshot;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.parts.StoreParts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Opens manifests, fetches those that are still to come, and puts whole copies in the place of damaged or missing ones. Safe
 * for use by several threads.
 */
final class ManifestAccess implements AutoCloseable {
    private final Disk disk;
    private final VaultKeys vault;
    private final ChunkIndex index;
    private final ManifestFiles files;
    private final SnapshotRegister register;
    private final OpenManifests open;
    /** One thread at a time puts a copy in a file's place: its draft has one name, and it is fetched once. */
    private final Object[] replacing = new Object[64];

    private volatile Manifests.@Nullable Source expected;

    ManifestAccess(StoreParts parts, ManifestFiles files, SnapshotRegister register) {
        this.disk = parts.disk();
        this.vault = parts.vault();
        this.index = parts.index();
        this.files = files;
        this.register = register;
        this.open = new OpenManifests(this::open);
        Arrays.setAll(replacing, each -> new Object());
    }

    /** @param from as {@link Manifests#expect} */
    void expect(Manifests.@Nullable Source from) {
        expected = from;
    }

    /** Whether files that are missing are still to come. */
    boolean isExpecting() {
        return expected != null;
    }

    /** Opens a manifest by its file, whatever the index says; the caller closes it. */
    ManifestFile open(Path file) throws IOException {
        return new ManifestFile(disk, file, vault);
    }

    /** Opens a file that is there, or one that is still to come; the caller closes it. */
    ManifestFile open(int node, UUID id) throws IOException {
        Path file = files.path(node, id);
        try {
            return open(file);
        } catch (NoSuchFileException e) {
            Manifests.Source from = expected;
            if (from == null) {
                throw e;
            }
            bring(node, id, () -> from.manifest(id));
            return open(file);
        }
    }

    /** Reads from a manifest that is kept open for those who come next. */
    <T> T read(int node, UUID id, Manifests.Reading<T> reading) throws IOException {
        return open.read(node, id, reading);
    }

    /** Manifests that {@link #read} keeps open at this moment. */
    int kept() {
        return open.count();
    }

    /** Puts a snapshot's file in its place, where it is not there and the snapshot was not forgotten meanwhile. */
    void bring(int node, UUID id, Manifests.Content content) throws IOException {
        ManifestFiles.Name name = new ManifestFiles.Name(node, id, files.path(node, id));
        synchronized (replacing(id)) {
            if (index.snapshot(node, id) != null && !Files.exists(name.file())) {
                heal(name, content.fetch(), true);
            }
        }
    }

    /** Puts a copy from elsewhere in the place of a damaged or missing manifest, once it was found whole. */
    void heal(ManifestFiles.Name name, byte[] content) throws IOException {
        synchronized (replacing(name.id())) {
            heal(name, content, index.snapshot(name.node(), name.id()) != null);
        }
    }

    private Object replacing(UUID id) {
        return replacing[Math.floorMod(id.hashCode(), replacing.length)];
    }

    /** @param known whether it is listed; if it is not any more at the end it was forgotten meanwhile */
    private void heal(ManifestFiles.Name name, byte[] content, boolean known) throws IOException {
        Path file = name.file();
        Path draft = file.resolveSibling(file.getFileName() + ".healed");
        AtomicFile.createDirectory(Objects.requireNonNull(file.getParent()));
        AtomicFile.write(draft, content, true);
        StoredSnapshot snapshot;
        try (ManifestFile manifest = open(draft)) {
            manifest.verifyHash();
            snapshot = manifest.snapshot();
        } catch (IOException e) {
            Files.delete(draft);
            throw e;
        }
        if (!snapshot.id().equals(name.id()) || snapshot.node() != name.node()) {
            Files.delete(draft);
            throw FormatException.corrupt("the copy is of snapshot " + snapshot.id());
        }
        disk.rename(draft, file);
        open.drop(name.node(), name.id());
        disk.syncDirectory(files.directory(name.node()));
        register.enterHealed(snapshot, known);
    }

    /** Closes what {@link #read} kept open. */
    @Override
    public void close() throws IOException {
        open.close();
    }
}
