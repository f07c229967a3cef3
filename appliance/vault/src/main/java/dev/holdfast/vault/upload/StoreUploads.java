package dev.holdfast.vault.upload;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.format.ObjectFile;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.SealedBody;
import dev.holdfast.vault.format.SealedReader;
import dev.holdfast.vault.format.VaultContainer;
import dev.holdfast.vault.format.VaultSnapshot;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.journal.StoredManifest;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Uploads containers and manifests of the appliance, and notes them. Safe for use by several threads. */
final class StoreUploads {
    private final UploadContext context;
    private final Uploader uploader;

    StoreUploads(UploadContext context, Uploader uploader) {
        this.context = context;
        this.uploader = uploader;
    }

    /** A container is not uploaded, since it is damaged. */
    static final class DamagedContainerException extends PhrasedException {
        DamagedContainerException(IOException cause) {
            super(Phrase.of("log.container-not-uploaded").with("reason", cause), cause);
        }
    }

    /** @throws DamagedContainerException where it is damaged, and reported as such */
    StoredContainer uploadContainer(int number) throws IOException {
        Path name = Path.of(String.format("container-%08x", number));
        UUID id;
        boolean data;
        try (ContainerReader reader = ContainerReader.open(context.archiving().open(number), name, context.keys())) {
            List<ContainerReader.BadFrame> bad = reader.badFrames(each -> false);
            if (!bad.isEmpty()) {
                throw FormatException.corrupt(bad.size() + " chunks in it cannot be read, the first: "
                        + bad.getFirst().what());
            }
            id = reader.header().uuid();
            data = reader.header().kind() == ContainerHeader.Kind.DATA;
        } catch (IOException e) {
            // What is whole in it is moved elsewhere by the next collection, and goes to the vault from there.
            context.archiving().report(number, e);
            throw new DamagedContainerException(e);
        }
        try (Disk.DiskFile file = context.archiving().open(number)) {
            SealedBody body = new SealedBody(ObjectKind.CONTAINER, context.keys(), id, content(file, file.size()));
            // Metadata stay at hand: browsing and deduplicating must not wait for a thaw.
            StorageClass storageClass =
                    data ? context.options().containerClass().get() : StorageClass.STANDARD;
            uploader.put(body, body.key(), PutOptions.NEW.as(storageClass));
            StoredContainer stored = new StoredContainer(
                    number, id, body.object().epoch(), file.size(), body.length(), body.hash(), null);
            context.journal().containers().stored(stored);
            context.journal()
                    .containers()
                    .storedIn(id, storageClass, data, context.options().guard().now());
            return stored;
        }
    }

    /** A container with its list of chunks, read here or, where it is lost here, in the vault. */
    VaultContainer withFrames(StoredContainer container, int ordinal) throws IOException {
        List<FrameEntry> frames;
        Path local = Path.of(String.format("container-%08x", container.number()));
        try (ContainerReader reader =
                ContainerReader.open(context.archiving().open(container.number()), local, context.keys())) {
            frames = reader.readTrailer();
        } catch (IOException e) {
            // Lost or damaged here since it was stored: the vault's own copy tells.
            SealedReader object =
                    SealedReader.open(context.store(), context.keys(), ObjectKind.CONTAINER, container.id());
            Path name = Path.of("vault:" + container.id());
            try (ContainerReader reader = ContainerReader.open(new ObjectFile(object), name, context.keys())) {
                frames = reader.readTrailer();
            }
        }
        return new VaultContainer(
                container.id(),
                ordinal,
                container.epoch(),
                container.bytes(),
                container.objectBytes(),
                container.hash(),
                frames);
    }

    /**
     * Uploads a manifest.
     *
     * @param numbers of the containers that the snapshot needs, on this appliance
     * @param ordinals of containers in the vault, by their number on this appliance
     */
    VaultSnapshot uploadManifest(StoredSnapshot snapshot, BitSet numbers, Map<Integer, Integer> ordinals)
            throws IOException {
        Path file = context.manifests().path(snapshot.node(), snapshot.id());
        long length = Files.size(file);
        SealedBody body;
        try (Disk.DiskFile open = context.disk().open(file, false)) {
            body = new SealedBody(ObjectKind.MANIFEST, context.keys(), snapshot.id(), content(open, length));
            uploader.put(body, body.key(), PutOptions.NEW);
        }
        context.journal()
                .snapshots()
                .stored(new StoredManifest(
                        snapshot.id(),
                        snapshot.node(),
                        snapshot.committed(),
                        body.object().epoch(),
                        length,
                        body.length(),
                        body.hash(),
                        false));
        BitSet containers = new BitSet();
        for (int number = numbers.nextSetBit(0); number >= 0; number = numbers.nextSetBit(number + 1)) {
            Integer ordinal = ordinals.get(number);
            if (ordinal == null) {
                throw new IOException("container " + number + " of snapshot " + snapshot.id() + " is not in the vault");
            }
            containers.set(ordinal);
        }
        return new VaultSnapshot(
                new ListedSnapshot(snapshot, body.object().epoch(), length, body.length(), body.hash()), containers);
    }

    private static SealedBody.Content content(Disk.DiskFile file, long length) {
        return new SealedBody.Content() {
            @Override
            public long length() {
                return length;
            }

            @Override
            public void read(long position, ByteBuffer target) throws IOException {
                int wanted = target.remaining();
                if (file.read(target, position) < wanted) {
                    throw new IOException("a file became shorter while it was uploaded");
                }
            }
        };
    }
}
