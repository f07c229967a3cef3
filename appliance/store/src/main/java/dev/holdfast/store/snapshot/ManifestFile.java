package dev.holdfast.store.snapshot;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a manifest file, a part at a time. Safe for use by several threads; the opener closes it. */
public final class ManifestFile implements AutoCloseable {
    private final ContainerReader reader;
    private final List<FrameEntry> frames;
    private final StoredSnapshot snapshot;
    private int cachedPart = -1;
    private @Nullable List<PageRef> cached;

    ManifestFile(Disk disk, Path path, VaultKeys vault) throws IOException {
        reader = ContainerReader.open(disk, path, vault, false);
        try {
            frames = reader.readTrailer();
            if (frames.isEmpty()) {
                throw FormatException.corrupt("manifest " + path + " is empty");
            }
            snapshot = StoredSnapshot.parse(reader.readFrame(frames.getLast()).unpack());
            if (snapshot.parts().size() != frames.size() - 1) {
                throw FormatException.corrupt("manifest " + path + " lacks parts");
            }
        } catch (IOException | RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    public StoredSnapshot snapshot() {
        return snapshot;
    }

    /** Checks the file against the hash in its footer. */
    public void verifyHash() throws IOException {
        reader.verifyHash();
    }

    /** Up to {@code count} pages from number {@code from}; fewer where a part ends. */
    public synchronized List<PageRef> pages(int from, int count) throws IOException {
        int first = 0;
        for (int part = 0; part < snapshot.parts().size(); part++) {
            int size = snapshot.parts().get(part);
            if (from < first + size) {
                List<PageRef> pages = part(part);
                return pages.subList(from - first, Math.min(size, from - first + count));
            }
            first += size;
        }
        return List.of();
    }

    private List<PageRef> part(int number) throws IOException {
        List<PageRef> pages = cached;
        if (number == cachedPart && pages != null) {
            return pages;
        }
        ByteReader in = new ByteReader(reader.readFrame(frames.get(number)).unpack());
        int count = in.varint(1 << 20, "page count");
        pages = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            pages.add(PageRef.read(in));
        }
        in.expectEnd("manifest part");
        if (count != snapshot.parts().get(number)) {
            throw FormatException.corrupt("manifest " + reader.path() + ", part " + number + " lacks pages");
        }
        cachedPart = number;
        cached = pages;
        return pages;
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
