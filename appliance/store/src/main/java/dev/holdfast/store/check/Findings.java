package dev.holdfast.store.check;

import dev.holdfast.store.envelope.ChunkId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a check found so far. Used by one thread. */
final class Findings {
    /** Beyond this the store is lost rather than damaged; a report need not be complete. */
    static final int MAX_BAD_CHUNKS = 1_000_000;

    private final List<Finding> all = new ArrayList<>();
    private final Map<ChunkId, Finding> bad = new HashMap<>();

    Finding add(Finding.Kind kind, Path file, @Nullable String what) {
        Finding finding = new Finding(kind, file.toString(), String.valueOf(what), new ArrayList<>());
        all.add(finding);
        return finding;
    }

    void add(Finding finding) {
        all.add(finding);
    }

    /** Chunks that cannot be read, and the finding that says so; the caller may add to it. */
    Map<ChunkId, Finding> bad() {
        return bad;
    }

    List<Finding> all() {
        return List.copyOf(all);
    }
}
