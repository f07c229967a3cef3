package dev.holdfast.store.snapshot;

import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Keeps the manifests read lately open, at most {@value #MAX_OPEN} of them whoever asks, so that neither many readers nor
 * many snapshots use up descriptors. One that was closed is opened again when it is asked for. Each takes a descriptor, and
 * in memory its list of parts and the pages of one part. Safe for use by several threads.
 */
final class OpenManifests implements AutoCloseable {
    static final int MAX_OPEN = 32;

    /** Opens a manifest's file. */
    interface Opener {
        ManifestFile open(int node, UUID id) throws IOException;
    }

    private record Key(int node, UUID id) {}

    /** One that is open; closed by the last user once it was dropped. */
    private static final class Entry {
        final ManifestFile file;
        int users;
        boolean dropped;

        Entry(ManifestFile file) {
            this.file = file;
        }
    }

    private final Opener opener;
    private final Map<Key, Entry> open = new LinkedHashMap<>(16, 0.75f, true);

    OpenManifests(Opener opener) {
        this.opener = opener;
    }

    /** Lets something be read from a manifest, which is not closed meanwhile. */
    <T> T read(int node, UUID id, Manifests.Reading<T> reading) throws IOException {
        Entry entry = take(new Key(node, id));
        try {
            return reading.from(entry.file);
        } finally {
            giveBack(entry);
        }
    }

    private Entry take(Key key) throws IOException {
        synchronized (open) {
            Entry there = open.get(key);
            if (there != null) {
                there.users++;
                return there;
            }
        }
        Entry opened = new Entry(opener.open(key.node, key.id));
        synchronized (open) {
            Entry there = open.get(key);
            if (there != null) {
                // Another thread was faster.
                opened.file.close();
                there.users++;
                return there;
            }
            evict();
            opened.users++;
            if (open.size() < MAX_OPEN) {
                open.put(key, opened);
            } else {
                opened.dropped = true;
            }
            return opened;
        }
    }

    private void evict() throws IOException {
        for (Iterator<Entry> each = open.values().iterator(); open.size() >= MAX_OPEN && each.hasNext(); ) {
            Entry entry = each.next();
            if (entry.users == 0) {
                each.remove();
                entry.file.close();
            }
        }
    }

    private void giveBack(Entry entry) throws IOException {
        synchronized (open) {
            entry.users--;
            if (entry.dropped && entry.users == 0) {
                entry.file.close();
            }
        }
    }

    /** The file was replaced: later readers read the new one. */
    void drop(int node, UUID id) throws IOException {
        synchronized (open) {
            Entry entry = open.remove(new Key(node, id));
            if (entry == null) {
                return;
            }
            entry.dropped = true;
            if (entry.users == 0) {
                entry.file.close();
            }
        }
    }

    int count() {
        synchronized (open) {
            return open.size();
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (open) {
            for (Entry entry : open.values()) {
                entry.dropped = true;
                if (entry.users == 0) {
                    entry.file.close();
                }
            }
            open.clear();
        }
    }
}
