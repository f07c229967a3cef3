package dev.holdfast.control.report;

import dev.holdfast.control.health.Verdict;
import dev.holdfast.protocol.phrase.Phrase;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How everything stands, and how it went in a time.
 *
 * @param appliance how it is called
 * @param from when the time begins, and {@code until} when it ends
 * @param zone in which times are told
 * @param verdict as the overview has it
 * @param attention what is wrong, as the overview has it, the worst first
 * @param more how much more is wrong than is told
 * @param vaults empty where none is configured
 */
public record Report(
        String appliance,
        Instant from,
        Instant until,
        String zone,
        Verdict verdict,
        List<Attention> attention,
        int more,
        Runs runs,
        Moved moved,
        Stored storage,
        List<Vault> vaults,
        Drills drills,
        Damage damage) {
    /**
     * Something that is wrong until it is mended.
     *
     * @param kind and the others as the overview has them
     */
    public record Attention(
            String kind,
            boolean alert,
            String node,
            String title,
            String about,
            String text,
            @Nullable Phrase phrase,
            String plan,
            long task,
            @Nullable Instant since) {}

    /**
     * Backups that ended.
     *
     * @param done of them, and {@code warned} those of these with files that could not be read
     */
    public record Runs(long done, long warned, long failed) {}

    /**
     * Bytes.
     *
     * @param content of files that were backed up, as far as clients told
     * @param received from nodes
     * @param growth of the storage that is used; null where it is not known
     */
    public record Moved(
            long content, long received, @Nullable Long growth) {}

    /** @param fullAt null where it cannot be told, or is more than ten years ahead */
    public record Stored(long used, long capacity, @Nullable Instant fullAt) {}

    /**
     * A vault.
     *
     * @param behind how many snapshots are not there yet
     * @param error why uploads fail; null where they do not
     */
    public record Vault(
            String name,
            @Nullable Instant lastSuccess,
            long behind,
            long backlogBytes,
            @Nullable Phrase error) {}

    /** @param without how many machines have no restore test that passed */
    public record Drills(int passed, int failed, int without) {}

    /** @param namesLost whether there are more files, whose names are lost */
    public record Damage(long files, long snapshots, boolean namesLost) {}
}
