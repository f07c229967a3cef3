package dev.holdfast.agent.backup;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The fidelity report as it grows; sent off page by page. Safe for use by several threads. */
final class Problems {
    /** A report of a million lines helps nobody; beyond this problems are counted only. */
    private static final int MAX_PAGES = 1000;

    private final BackupStats stats;
    private final Consumer<Problem> listener;
    private final List<Problem> page = new ArrayList<>();
    private final List<Digest> pages = new ArrayList<>();
    private final List<CompletableFuture<Void>> acknowledged = new ArrayList<>();

    /** @param listener told of each problem at once, on whichever thread met it */
    Problems(BackupStats stats, Consumer<Problem> listener) {
        this.stats = stats;
        this.listener = listener;
    }

    void add(TreePath path, Problem.Kind kind, String detail) {
        Problem problem = new Problem(path, kind, detail);
        stats.problems.increment();
        synchronized (this) {
            if (page.size() < Problem.MAX_PER_PAGE * 4) {
                page.add(problem);
            }
        }
        listener.accept(problem);
    }

    /** Sends full pages; with {@code all} also the last. Called by one thread. */
    void flush(ChunkUploader uploader, boolean all) throws IOException {
        while (true) {
            List<Problem> next;
            synchronized (this) {
                int count = Math.min(page.size(), Problem.MAX_PER_PAGE);
                if (count == 0 || pages.size() >= MAX_PAGES || (count < Problem.MAX_PER_PAGE && !all)) {
                    return;
                }
                next = List.copyOf(page.subList(0, count));
                page.subList(0, count).clear();
            }
            Upload upload = uploader.submit(ChunkKind.REPORT, Problem.encodePage(next));
            pages.add(upload.digest());
            acknowledged.add(upload.acknowledged());
        }
    }

    List<Digest> pages() {
        return pages;
    }

    List<CompletableFuture<Void>> acknowledged() {
        return acknowledged;
    }
}
