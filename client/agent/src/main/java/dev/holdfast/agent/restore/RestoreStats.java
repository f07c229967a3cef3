package dev.holdfast.agent.restore;

import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/** What a restore has done so far. Safe for use by several threads. */
public final class RestoreStats {
    public final LongAdder files = new LongAdder();
    public final LongAdder directories = new LongAdder();
    public final LongAdder others = new LongAdder();
    /** Written; without what was found in place. */
    public final LongAdder bytes = new LongAdder();
    /** Bytes of files that were there, read and found right. */
    public final LongAdder compared = new LongAdder();
    /** Bytes of files that took no work: holes, and files that were left as they were without being read. */
    public final LongAdder passed = new LongAdder();
    /** Files left as they were, since they were right already or the policy keeps them. */
    public final LongAdder skipped = new LongAdder();
    /** Files and others whose content was right, and whose attributes were set. */
    public final LongAdder settled = new LongAdder();
    /** Entries removed since the snapshot does not have them. */
    public final LongAdder deleted = new LongAdder();

    public final LongAdder problems = new LongAdder();
    /** Of these, what an order may not restore, see {@link Confinement}. */
    public final LongAdder stripped = new LongAdder();
    /** Of the problems, files hurt by damage in the store. */
    public final LongAdder damaged = new LongAdder();
    /** Files left out since their content must be thawed first; they are no problems. */
    public final LongAdder frozen = new LongAdder();
    /** Of these files, as the snapshot has them. */
    public final LongAdder frozenBytes = new LongAdder();

    private volatile TreePath path = TreePath.ROOT;

    /** A file is planned. */
    void at(TreePath file) {
        path = file;
    }

    /** Content that is dealt with, holes included: the size of all files once everything is restored. */
    public long handledBytes() {
        return bytes.sum() + compared.sum() + passed.sum() + frozenBytes.sum();
    }

    /**
     * What it did so far, for reports.
     *
     * @param received bytes, from the appliance
     */
    public Message.Figures figures(long received) {
        TreePath now = path;
        return new Message.Figures(
                files.sum() + skipped.sum() + settled.sum(),
                handledBytes(),
                received,
                now.isRoot() ? "" : now.toString());
    }

    /** How many files were left out since they are frozen, for a sentence; empty where none was. */
    public String frozenSummary() {
        return frozen.sum() == 0
                ? ""
                : frozen.sum() + (frozen.sum() == 1 ? " file, " : " files, ") + ByteText.of(frozenBytes.sum())
                        + ", not restored since frozen";
    }

    /**
     * A kind of attribute that the target did not take as the snapshot has it.
     *
     * @param first the first entry that lost it
     */
    public record Loss(String kind, long entries, TreePath first) {
        @Override
        public String toString() {
            return "not kept of " + entries + (entries == 1 ? " entry: " : " entries: ") + kind;
        }
    }

    private record Lost(TreePath first, LongAdder entries) {}

    private static final int MAX_KINDS = 200;
    private static final String FURTHER = "attributes of further kinds";
    private final ConcurrentMap<String, Lost> lost = new ConcurrentHashMap<>();

    void lost(String kind, TreePath path) {
        String counted = lost.containsKey(kind) || lost.size() < MAX_KINDS ? kind : FURTHER;
        lost.computeIfAbsent(counted, key -> new Lost(path, new LongAdder()))
                .entries
                .increment();
    }

    /** Each kind once, in the order of its text. */
    public List<Loss> losses() {
        List<Loss> losses = new ArrayList<>();
        lost.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(each -> losses.add(
                        new Loss(each.getKey(), each.getValue().entries.sum(), each.getValue().first)));
        return losses;
    }
}
