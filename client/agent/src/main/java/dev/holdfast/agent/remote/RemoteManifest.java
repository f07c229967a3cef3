package dev.holdfast.agent.remote;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A snapshot's pages at the appliance, fetched when asked for. Safe for use by several threads. */
public final class RemoteManifest implements TreeCursor.Pages {
    private static final int BLOCK_PAGES = 512;
    private static final int CACHED_BLOCKS = 16;

    private final Appliance appliance;
    private final UUID snapshot;
    private final int pages;
    private final SnapshotSummary summary;
    private final Map<Integer, List<PageRef>> blocks = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, List<PageRef>> eldest) {
            return size() > CACHED_BLOCKS;
        }
    };

    /** What each block was when it was fetched first: an appliance may not change its mind. */
    private final Map<Integer, Digest> first = new HashMap<>();

    RemoteManifest(Appliance appliance, UUID snapshot, int pages, SnapshotSummary summary) {
        this.appliance = appliance;
        this.snapshot = snapshot;
        this.pages = pages;
        this.summary = summary;
    }

    public UUID snapshot() {
        return snapshot;
    }

    public SnapshotSummary summary() {
        return summary;
    }

    @Override
    public int count() {
        return pages;
    }

    @Override
    public synchronized PageRef ref(int index) throws IOException {
        int block = index / BLOCK_PAGES;
        List<PageRef> refs = blocks.get(block);
        if (refs == null) {
            refs = fetch(block);
            OwnSnapshots.Root hash = new OwnSnapshots.Root();
            refs.forEach(hash::add);
            Digest digest = hash.digest();
            Digest before = first.putIfAbsent(block, digest);
            if (before != null && !before.equals(digest)) {
                throw FormatException.corrupt(
                        "the appliance lists other pages of snapshot " + snapshot + " than before");
            }
            blocks.put(block, refs);
        }
        return refs.get(index % BLOCK_PAGES);
    }

    /** The hash of the whole list of pages, see {@link OwnSnapshots}; what is read afterwards is of this list. */
    public synchronized Digest root() throws IOException {
        OwnSnapshots.Root hash = new OwnSnapshots.Root();
        for (int i = 0; i < pages; i++) {
            hash.add(ref(i));
        }
        return hash.digest();
    }

    private List<PageRef> fetch(int block) throws IOException {
        List<PageRef> refs = new java.util.ArrayList<>();
        int from = block * BLOCK_PAGES;
        int wanted = Math.min(BLOCK_PAGES, pages - from);
        while (refs.size() < wanted) {
            Message.ReadRoot request = new Message.ReadRoot(snapshot, from + refs.size(), wanted - refs.size());
            List<PageRef> part = appliance
                    .control()
                    .request(request, Message.RootPages.class)
                    .pages();
            if (part.isEmpty()) {
                throw FormatException.corrupt("the appliance lists fewer pages than snapshot " + snapshot + " has");
            }
            refs.addAll(part);
        }
        return refs;
    }

    @Override
    public Page load(PageRef ref) throws IOException {
        return Page.parse(appliance.read(ref.digest()));
    }
}
