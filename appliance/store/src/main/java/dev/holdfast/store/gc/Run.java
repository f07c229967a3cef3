package dev.holdfast.store.gc;

import dev.holdfast.protocol.phrase.Phrase;
import java.util.ArrayList;
import java.util.List;

/** One collection under way: what it did so far, how it is paced, and who is told. Used by one thread. */
final class Run {
    private final Pace pace;
    private final Progress progress;
    private final List<Phrase> warnings = new ArrayList<>();
    private int deleted;
    private long freedBytes;
    private long copiedBytes;

    Run(Pace pace, Progress progress) {
        this.pace = pace;
        this.progress = progress;
    }

    Pace pace() {
        return pace;
    }

    Progress progress() {
        return progress;
    }

    /** Something is left alone. */
    void warn(Phrase what) {
        warnings.add(what);
    }

    void warnAll(List<Phrase> what) {
        warnings.addAll(what);
    }

    /** @param bytes that it took on a volume */
    void deleted(long bytes) {
        deleted++;
        freedBytes += bytes;
    }

    void copied(long bytes) {
        copiedBytes += bytes;
    }

    int deleted() {
        return deleted;
    }

    /** @param waiting containers that wait for sessions to end */
    GarbageCollector.Outcome outcome(GarbageCollector.Survey survey, int waiting) {
        return new GarbageCollector.Outcome(survey, deleted, freedBytes - copiedBytes, waiting, List.copyOf(warnings));
    }
}
