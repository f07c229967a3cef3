package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.FileIdentity;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.PageWriter;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Turns what the walk and the readers found into manifest pages, in order, and sends each page once every chunk it
 * refers to has arrived. Runs on one thread.
 */
final class ManifestBuilder {
    private static final int PAGES_AHEAD = 32;
    private static final int ROOT_PART_PAGES = 256;

    static final String NO_LONGER_LINKED =
            "changed after another of its names was read, so it is kept as a file of its own";

    /** The next thing in the order of the manifest. */
    sealed interface Slot {
        record Ready(Node node) implements Slot {}

        record Reading(FileJob job) implements Slot {}

        /**
         * A further name of a file that came before.
         *
         * @param job what to read if the one before is not that file after all; no reader has it yet
         * @param last whether no more names follow
         */
        record Link(FileJob job, boolean last) implements Slot {}

        record End() implements Slot {}
    }

    /** Takes each page for the local copy. */
    interface PageCopy {
        void page(PageRef ref, byte[] bytes) throws IOException;
    }

    /** Has a file read out of turn; its content comes through the job as from any reader. */
    interface LateReader {
        void read(FileJob job);
    }

    /**
     * A file with several names as the manifest has it.
     *
     * @param attributes as it was read
     * @param changed whether it changed meanwhile, so that what is true of one name is reported of all
     */
    private record Recorded(Attributes attributes, boolean changed) {
        boolean sameState(Attributes other) {
            return attributes.ctime().equals(other.ctime())
                    && attributes.mtime().equals(other.mtime())
                    && attributes.size() == other.size();
        }
    }

    private record PendingPage(PageRef ref, CompletableFuture<Void> stored) {}

    private final BlockingQueue<List<Slot>> slots;
    private final ChunkUploader uploader;
    private final Connection control;
    private final Problems problems;
    private final PageCopy copy;
    private final PageWriter writer = new PageWriter();
    private final Deque<PendingPage> pages = new ArrayDeque<>();
    private final List<PageRef> rootPart = new ArrayList<>();
    private final LateReader late;
    private final long started;
    /** Files that further names may follow of. */
    private final Map<FileIdentity, Recorded> shared = new HashMap<>();
    /** Chunks the page refers to; files of one bundle share theirs. */
    private Set<CompletableFuture<Void>> awaited = identitySet();

    private final ExecutorService pageSender = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("pages").daemon().factory());

    /** @param started when the backup began, ms since 1970 */
    ManifestBuilder(
            BlockingQueue<List<Slot>> slots,
            ChunkUploader uploader,
            Connection control,
            Problems problems,
            PageCopy copy,
            LateReader late,
            long started) {
        this.slots = slots;
        this.uploader = uploader;
        this.control = control;
        this.problems = problems;
        this.copy = copy;
        this.late = late;
        this.started = started;
    }

    /** Returns when every page is stored and listed in the root. */
    void run() throws IOException, InterruptedException {
        try {
            while (true) {
                for (Slot slot : slots.take()) {
                    switch (slot) {
                        case Slot.Ready(Node node) -> ready(node);
                        case Slot.Reading(FileJob job) -> reading(job);
                        case Slot.Link(FileJob job, boolean last) -> link(job, last);
                        case Slot.End() -> {
                            finish();
                            return;
                        }
                    }
                }
            }
        } finally {
            pageSender.shutdownNow();
        }
    }

    private void ready(Node node) throws IOException {
        if (node instanceof Node.Named named) {
            remember(named.attributes(), false);
        }
        add(node);
    }

    private void remember(Attributes attributes, boolean changed) {
        if (attributes.links() > 1) {
            shared.put(FileIdentity.of(attributes), new Recorded(attributes.withXattrs(List.of()), changed));
        }
    }

    /**
     * The first name may have been read after the walk passed it, when it was another file or had another content. Only the
     * same file in the same state is told as a link.
     */
    private void link(FileJob job, boolean last) throws IOException, InterruptedException {
        Attributes attributes = job.attributes(job.stat);
        FileIdentity key = FileIdentity.of(attributes);
        Recorded recorded = shared.get(key);
        if (recorded != null && recorded.changed) {
            problems.add(job.path, Problem.Kind.CHANGED, "changed while another of its names was read");
            add(new Node.HardLink(job.name, attributes));
        } else if (recorded != null && isLink(job, attributes, recorded)) {
            add(new Node.HardLink(job.name, attributes));
        } else if (job.stat.type() != Stat.Type.FILE) {
            problems.add(job.path, Problem.Kind.VANISHED, "another name of it vanished while the backup ran");
        } else if (recorded == null) {
            late.read(job);
            reading(job);
        } else {
            problems.add(job.path, Problem.Kind.CHANGED, NO_LONGER_LINKED);
            FileJob alone = job.alone();
            late.read(alone);
            reading(alone);
        }
        if (last) {
            shared.remove(key);
        }
    }

    private boolean isLink(FileJob job, Attributes walked, Recorded recorded) {
        if (!Ticks.changing(job.stat, started) && recorded.sameState(walked)) {
            return true;
        }
        // What was stored through mappings before the first name was read may have come after this one was moved away.
        Attributes now = job.attributesInPlace();
        return now != null && recorded.sameState(now);
    }

    private void reading(FileJob job) throws IOException, InterruptedException {
        boolean first = true;
        while (true) {
            switch (job.take()) {
                case FileJob.Result.LeftOut() -> {
                    return;
                }
                case FileJob.Result.Part part -> {
                    Content content = new Content(part.extents(), !part.last(), part.changed(), part.length());
                    awaited.addAll(part.acknowledged());
                    add(first ? new Node.RegularFile(job.name, part.attributes(), content) : new Node.More(content));
                    first = false;
                    if (part.last()) {
                        remember(part.attributes(), part.changed());
                        return;
                    }
                }
            }
        }
    }

    private static Set<CompletableFuture<Void>> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    private void add(Node node) throws IOException {
        writer.add(node);
        if (writer.full()) {
            endPage();
        }
    }

    private void endPage() throws IOException {
        Set<CompletableFuture<Void>> needed = awaited;
        awaited = identitySet();
        writer.take((first, continuation, bytes, records) -> {
            PageRef ref =
                    new PageRef(first, continuation, control.welcome().hash().digest(bytes), bytes.length, records);
            copy.page(ref, bytes);
            CompletableFuture<Void> stored = CompletableFuture.allOf(needed.toArray(CompletableFuture[]::new))
                    .thenComposeAsync(
                            done -> {
                                try {
                                    return uploader.submit(ChunkKind.PAGE, ref.digest(), bytes)
                                            .acknowledged();
                                } catch (IOException e) {
                                    return CompletableFuture.failedFuture(e);
                                }
                            },
                            pageSender);
            pages.add(new PendingPage(ref, stored));
        });
        problems.flush(uploader, false);
        drain(PAGES_AHEAD);
    }

    /** Lists finished pages in the root; waits until at most {@code ahead} are left. */
    private void drain(int ahead) throws IOException {
        while (!pages.isEmpty()
                && (pages.size() > ahead || pages.element().stored.isDone())) {
            PendingPage page = pages.remove();
            Connection.await(page.stored);
            rootPart.add(page.ref);
            if (rootPart.size() == ROOT_PART_PAGES) {
                sendRootPart();
            }
        }
    }

    private void sendRootPart() throws IOException {
        if (!rootPart.isEmpty()) {
            control.request(new Message.RootPart(List.copyOf(rootPart)), Message.Done.class);
            rootPart.clear();
        }
    }

    private void finish() throws IOException {
        if (!writer.isEmpty()) {
            endPage();
        }
        drain(0);
        sendRootPart();
        problems.flush(uploader, true);
        for (CompletableFuture<Void> acknowledged : problems.acknowledged()) {
            Connection.await(acknowledged);
        }
    }
}
