package dev.holdfast.agent.backup;

import dev.holdfast.protocol.manifest.Node;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Hands what the walk found to the builder of the manifest and to the readers, to both in the order of the walk. Small files are
 * bundled. One thread, the walk's, fills it; the builder and the readers empty it.
 */
final class WalkOutput {
    private static final int SLOTS = 2048;
    /** Slots are handed over together: waking the builder for each of them costs more than all else that is done for it. */
    private static final int BATCH_SLOTS = 64;

    /** A bundle ends after this many records of the walk, so that no slot waits for one that cannot fill. */
    private static final int BUNDLE_SPAN = SLOTS / 2;

    private static final int BUNDLE_MIN_BYTES = 128 << 10;
    private static final int BUNDLE_MAX_BYTES = 512 << 10;
    /** Behind the minimum, one name in this many ends a bundle: names, since content is not read yet. */
    private static final int BUNDLE_CUT_MASK = 7;

    /** What readers take, in the order of the walk. */
    sealed interface Work {
        record Bundle(List<FileJob> jobs) implements Work {}

        record Large(FileJob job) implements Work {}

        record Stop() implements Work {}
    }

    private final FirstFailure failure;
    private final BlockingQueue<List<ManifestBuilder.Slot>> slots = new ArrayBlockingQueue<>(SLOTS / BATCH_SLOTS);
    private List<ManifestBuilder.Slot> batch = new ArrayList<>(BATCH_SLOTS);
    private final BlockingQueue<Work> work = new LinkedBlockingQueue<>();
    private List<FileJob> bundle = new ArrayList<>();
    private long bundleBytes;
    private int bundleSpan;

    /** @param failure makes the walk end early */
    WalkOutput(FirstFailure failure) {
        this.failure = failure;
    }

    /** The records of the manifest, in order, many at a time. */
    BlockingQueue<List<ManifestBuilder.Slot>> slots() {
        return slots;
    }

    /** Reads what the walk hands on until it ends; on each reader's thread. */
    void readAll(FileReaders readers) throws IOException, InterruptedException {
        while (true) {
            switch (work.take()) {
                case Work.Bundle(List<FileJob> jobs) -> readers.readBundle(jobs);
                case Work.Large(FileJob job) -> readers.readLarge(job);
                case Work.Stop stop -> {
                    // For the next reader too.
                    work.put(stop);
                    return;
                }
            }
        }
    }

    /** A record that needs no reading. */
    void ready(Node node) throws IOException {
        put(new ManifestBuilder.Slot.Ready(node));
    }

    /** A further name of a file that came before. */
    void link(FileJob job, boolean last) throws IOException {
        put(new ManifestBuilder.Slot.Link(job, last));
    }

    /** A file whose content is read, by itself or in a bundle. */
    void file(FileJob job) throws IOException {
        put(new ManifestBuilder.Slot.Reading(job));
        if (job.stat.size() <= FileReaders.SMALL_BYTES && !job.stat.sparse()) {
            bundle.add(job);
            bundleBytes += job.stat.size();
            boolean cut = bundleBytes >= BUNDLE_MIN_BYTES
                    && (Arrays.hashCode(job.name) * 0x9E3779B1 >>> 16 & BUNDLE_CUT_MASK) == 0;
            if (cut || bundleBytes >= BUNDLE_MAX_BYTES) {
                endBundle();
            }
        } else {
            // Readers must get work in the order of the manifest, or they could all wait for a bundle behind them.
            endBundle();
            work.add(new Work.Large(job));
            // Its reader waits for the builder after some parts.
            handOver();
        }
    }

    /** A file whose content comes through the job without a reader taking it. */
    void streamed(FileJob job) throws IOException {
        put(new ManifestBuilder.Slot.Reading(job));
        handOver();
    }

    /** After the last record. */
    void end() throws IOException, InterruptedException {
        endBundle();
        work.put(new Work.Stop());
        batch.add(new ManifestBuilder.Slot.End());
        handOver();
    }

    private void put(ManifestBuilder.Slot slot) throws IOException {
        failure.throwIfFailed();
        if (!bundle.isEmpty() && ++bundleSpan >= BUNDLE_SPAN) {
            endBundle();
        }
        batch.add(slot);
        if (batch.size() == BATCH_SLOTS) {
            handOver();
        }
    }

    private void handOver() throws IOException {
        try {
            slots.put(batch);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        }
        batch = new ArrayList<>(BATCH_SLOTS);
    }

    private void endBundle() {
        bundleSpan = 0;
        bundleBytes = 0;
        if (!bundle.isEmpty()) {
            work.add(new Work.Bundle(bundle));
            bundle = new ArrayList<>();
        }
    }
}
