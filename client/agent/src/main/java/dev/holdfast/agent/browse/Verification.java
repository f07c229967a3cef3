package dev.holdfast.agent.browse;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Has the appliance read, decrypt, decompress and rehash everything a snapshot refers to, and names the files hurt. */
public final class Verification {
    private static final int WINDOW_CHUNKS = 2048;
    /** Chunks that many files share are asked for once within this many. */
    private static final int REMEMBERED_CHUNKS = 1 << 20;

    private final Appliance appliance;
    private final RemoteManifest manifest;
    private final Reporter reporter;
    private final Set<Digest> verified = new LinkedHashSet<>();
    private Map<Digest, Set<TreePath>> window = new LinkedHashMap<>();
    private long chunks;
    private long files;
    private long bytes;
    private long damaged;
    private long frozen;
    private long frozenChunks;
    private final Set<TreePath> frozenPaths = new HashSet<>();
    private TreePath last = TreePath.ROOT;

    /** Told of each file that cannot be restored whole. */
    public interface Reporter {
        void damaged(TreePath path, String what);

        void progress(long files, long bytes);
    }

    /** @param frozen files, or parts of the snapshot, that were not read since they must be thawed first */
    public record Result(long files, long chunks, long bytes, long damaged, long frozen) {}

    public Verification(Appliance appliance, RemoteManifest manifest, Reporter reporter) {
        this.appliance = appliance;
        this.manifest = manifest;
        this.reporter = reporter;
    }

    public Result run() throws IOException {
        TreeCursor cursor = new TreeCursor(manifest, (page, cause) -> {
            damaged++;
            reporter.damaged(page.first(), "a page of the manifest is damaged: " + cause.getMessage());
        });
        for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
            switch (entry.node()) {
                case Node.RegularFile file -> {
                    files++;
                    add(entry.path(), file.content());
                }
                case Node.More(Content content) -> add(entry.path(), content);
                default -> {}
            }
        }
        check();
        for (Digest report : manifest.summary().report()) {
            window.put(report, Set.of(TreePath.ROOT));
        }
        check();
        return new Result(files, chunks, bytes, damaged, frozen);
    }

    private void add(TreePath path, Content content) throws IOException {
        last = path;
        for (Extent extent : content.extents()) {
            if (!verified.contains(extent.chunk())) {
                if (!window.containsKey(extent.chunk())) {
                    bytes += extent.chunkLength();
                }
                window.computeIfAbsent(extent.chunk(), digest -> new LinkedHashSet<>())
                        .add(path);
            }
        }
        if (window.size() >= WINDOW_CHUNKS) {
            check();
        }
    }

    private void check() throws IOException {
        List<Digest> asked = new ArrayList<>(window.keySet());
        if (asked.isEmpty()) {
            return;
        }
        Map<Digest, Set<TreePath>> current = window;
        window = new LinkedHashMap<>();
        Connection.await(Appliance.get(appliance.control(), asked, Message.Reading.VERIFY, new Appliance.ChunkSink() {
            @Override
            public void chunk(int index, Packed packed, Runnable done) {
                throw new IllegalStateException("bytes in answer to a verification");
            }

            @Override
            public void damaged(int index, String damage) {
                Collection<TreePath> hurt = current.getOrDefault(asked.get(index), Set.of());
                damaged += hurt.size();
                hurt.forEach(path -> reporter.damaged(path, damage));
            }

            @Override
            public void frozen(int index, String what) {
                frozenChunks++;
                frozen += current.getOrDefault(asked.get(index), Set.of()).stream()
                        .filter(frozenPaths::add)
                        .count();
            }
        }));
        chunks += asked.size() - frozenChunks;
        frozenChunks = 0;
        // What follows of the last file may come with the next chunks.
        frozenPaths.retainAll(Set.of(last));
        if (verified.size() > REMEMBERED_CHUNKS) {
            verified.clear();
        }
        verified.addAll(asked);
        reporter.progress(files, bytes);
    }
}
