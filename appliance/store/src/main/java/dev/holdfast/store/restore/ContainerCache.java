package dev.holdfast.store.restore;

import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.ingest.ContainerAllocator;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keeps the containers read lately open, a bounded number of them. Safe for use by several threads. */
final class ContainerCache implements AutoCloseable {
    private static final int MAX_OPEN = 128;

    private final Disk disk;
    private final VaultKeys vault;
    private final ChunkIndex index;
    private final ContainerAllocator allocator;
    private final Volumes volumes;
    private final ContainerArchive archive;
    private final Map<Integer, Lease> open = new LinkedHashMap<>(16, 0.75f, true);

    ContainerCache(StoreParts parts, ContainerAllocator allocator) {
        this.disk = parts.disk();
        this.vault = parts.vault();
        this.index = parts.index();
        this.allocator = allocator;
        this.volumes = parts.volumes();
        this.archive = parts.archive();
    }

    /** A container in use; released by closing. */
    final class Lease implements AutoCloseable {
        private final ContainerReader reader;
        private int users;
        private boolean forgotten;

        private Lease(ContainerReader reader) {
            this.reader = reader;
        }

        ContainerReader reader() {
            return reader;
        }

        @Override
        public void close() throws IOException {
            synchronized (open) {
                users--;
                if (users == 0 && forgotten) {
                    reader.close();
                }
            }
        }
    }

    Lease acquire(int number) throws IOException {
        synchronized (open) {
            Lease lease = open.get(number);
            if (lease != null) {
                lease.users++;
                return lease;
            }
        }
        // Outside the lock: it may lie in an archive behind a slow network.
        Lease found = new Lease(find(number));
        archive.used(number);
        synchronized (open) {
            Lease lease = open.get(number);
            if (lease != null) {
                // Another thread was faster.
                found.reader.close();
            } else {
                evict();
                lease = found;
                open.put(number, lease);
            }
            lease.users++;
            return lease;
        }
    }

    private void evict() throws IOException {
        for (Iterator<Lease> each = open.values().iterator(); open.size() >= MAX_OPEN && each.hasNext(); ) {
            Lease lease = each.next();
            if (lease.users == 0) {
                each.remove();
                lease.reader.close();
            }
        }
    }

    private ContainerReader find(int number) throws IOException {
        List<Path> candidates = candidates(number);
        while (true) {
            for (Path candidate : candidates) {
                try {
                    return ContainerReader.open(disk, candidate, vault, false);
                } catch (NoSuchFileException e) {
                    // The next candidate, or missing.
                }
            }
            List<Path> now = candidates(number);
            if (now.equals(candidates)) {
                break;
            }
            // It was sealed or moved to another volume meanwhile.
            candidates = now;
        }
        try {
            return ContainerReader.open(archive.open(number), Path.of(String.format("vault:%08x", number)), vault);
        } catch (NoSuchFileException e) {
            // It is nowhere.
        }
        // Not damage: a volume may be away for a moment. What is lost for good is the scrub's to find.
        throw new IOException("container " + String.format("%08x", number) + " is missing"
                + (candidates.isEmpty() ? "" : " (" + candidates.getFirst() + ")"));
    }

    private List<Path> candidates(int number) throws IOException {
        // In this order: a container leaves the live ones after the index knows it.
        Integer live = allocator.volumeOfLive(number);
        ContainerInfo info = index.container(number);
        List<Path> candidates = new ArrayList<>();
        if (info != null && !info.archived() && volumes.isReadable(info.volume())) {
            candidates.add(volumes.containerPath(info.volume(), number));
        }
        if (live != null) {
            Path sealed = volumes.containerPath(live, number);
            // It may be renamed between the two attempts.
            candidates.addAll(List.of(sealed, ContainerWriter.openPath(sealed), sealed));
        }
        return candidates;
    }

    /** The archive's copy of a container, whatever lies on the volumes; the caller closes it. */
    ContainerReader openArchived(int number) throws IOException {
        archive.suspect(number);
        return ContainerReader.open(archive.open(number), Path.of(String.format("vault:%08x", number)), vault);
    }

    /** Closes a container whose file was deleted; one that is being read at this moment when that has ended. */
    void forget(int number) throws IOException {
        synchronized (open) {
            Lease lease = open.remove(number);
            if (lease == null) {
                return;
            }
            lease.forgotten = true;
            if (lease.users == 0) {
                lease.reader.close();
            }
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (open) {
            for (Lease lease : open.values()) {
                lease.reader.close();
            }
            open.clear();
        }
    }
}
