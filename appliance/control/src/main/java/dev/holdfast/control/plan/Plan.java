package dev.holdfast.control.plan;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.calendar.Hours;
import dev.holdfast.control.calendar.Schedule;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.protocol.exclude.ExcludePattern;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.protocol.snapshot.SnapshotMode;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
import dev.holdfast.protocol.wire.Job;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What of a node is backed up, when, and how.
 *
 * @param upgradeClients whether the clients of its nodes are upgraded to packages that the appliance offers, within the plan's
 *     hours; null for no, so that plans without it stay as older releases know them
 */
public record Plan(
        @JsonProperty(required = true) What what,
        @JsonProperty(required = true) When when,
        @JsonProperty(required = true) How how,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Boolean upgradeClients) {
    public Plan {
        requireNonNull(what);
        requireNonNull(when);
        requireNonNull(how);
        upgradeClients = Boolean.TRUE.equals(upgradeClients) ? true : null;
    }

    /** One that upgrades no clients. */
    public Plan(What what, When when, How how) {
        this(what, when, how, null);
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_MINUTES = 7 * 24 * 60;
    private static final int MAX_PRIORITY = 100;

    /**
     * What.
     *
     * @param paths absolute, on the node
     * @param before name of a script on the node that must succeed before, empty for none; likewise {@code after}
     * @param scriptMinutes how long either may take
     */
    public record What(
            @Bound(characters = 4096) @JsonProperty(required = true)
            List<String> paths,

            @Bound(characters = 4096) @JsonProperty(required = true)
            List<String> excludes,

            @JsonProperty(required = true) boolean oneFileSystem,

            @Bound(characters = 100) @JsonProperty(required = true)
            String before,

            @Bound(characters = 100) @JsonProperty(required = true)
            String after,

            @JsonProperty(required = true) int scriptMinutes,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Options options) {
        public What {
            paths = List.copyOf(paths);
            excludes = List.copyOf(excludes);
            requireNonNull(before);
            requireNonNull(after);
        }

        /** Without options. */
        public What(
                List<String> paths,
                List<String> excludes,
                boolean oneFileSystem,
                String before,
                String after,
                int scriptMinutes) {
            this(paths, excludes, oneFileSystem, before, after, scriptMinutes, null);
        }
    }

    /**
     * What few plans have.
     *
     * @param optionalPaths absolute, on the node; that they are not there is no warning
     * @param anyCaseExcludes patterns without regard to upper and lower case
     * @param excludeCaches whether what directories with a cache tag hold is left out
     * @param excludeIfPresent names; what a directory with one of them holds is left out
     * @param excludeLargerThanBytes larger files are left out; 0 for no limit
     * @param tags of the snapshots
     * @param streamScript name of a script on the node whose output is backed up as the file {@code streamName} instead of
     *     paths, empty for none; if it fails there is no snapshot
     * @param disks absolute paths of block devices and disk images on the node that are backed up instead of paths; null for none, so
     *     that plans without them stay as older releases know them
     * @param snapshot which source snapshots the client takes and reads, as {@link SnapshotMode#text}; null for none
     * @param snapshotPercent of its origin that a snapshot of an LVM volume may take; null for the client's own choice
     */
    public record Options(
            @Bound(characters = 4096) @JsonProperty(required = true)
            List<String> optionalPaths,

            @Bound(characters = 4096) @JsonProperty(required = true)
            List<String> anyCaseExcludes,

            @JsonProperty(required = true) boolean excludeCaches,

            @Bound(characters = 255) @JsonProperty(required = true)
            List<String> excludeIfPresent,

            @JsonProperty(required = true) long excludeLargerThanBytes,

            @Bound(characters = 100) @JsonProperty(required = true)
            List<String> tags,

            @Bound(characters = 100) @JsonProperty(required = true)
            String streamScript,

            @Bound(characters = 255) @JsonProperty(required = true)
            String streamName,

            @Bound(characters = 4096) @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            List<String> disks,

            @Bound(characters = 10) @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String snapshot,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Integer snapshotPercent) {
        public static final Options NONE =
                new Options(List.of(), List.of(), false, List.of(), 0, List.of(), "", "", null, null, null);

        public Options {
            optionalPaths = List.copyOf(optionalPaths);
            anyCaseExcludes = List.copyOf(anyCaseExcludes);
            excludeIfPresent = List.copyOf(excludeIfPresent);
            tags = List.copyOf(tags);
            requireNonNull(streamScript);
            requireNonNull(streamName);
            disks = disks == null || disks.isEmpty() ? null : List.copyOf(disks);
            snapshot = snapshot == null || snapshot.equals(SnapshotMode.NONE.text()) ? null : snapshot;
            snapshotPercent = snapshot == null ? null : snapshotPercent;
        }

        /** The disks, none where {@link #disks} is null. */
        @JsonIgnore
        public List<String> wholeDisks() {
            return disks == null ? List.of() : disks;
        }

        /** @throws PhrasedArgumentException where there is no such mode, or share of a volume */
        @JsonIgnore
        public SourceSnapshots sourceSnapshots() {
            if (snapshot == null) {
                return SourceSnapshots.NONE;
            }
            int percent = snapshotPercent == null ? SourceSnapshots.DEFAULT_PERCENT : snapshotPercent;
            require(
                    percent >= 1 && percent <= SourceSnapshots.MAX_PERCENT,
                    Phrase.of("plan.snapshot-percent").with("most", SourceSnapshots.MAX_PERCENT));
            SnapshotMode mode = SnapshotMode.of(snapshot)
                    .orElseThrow(() -> new PhrasedArgumentException(Phrase.of("plan.snapshot-mode")
                            .with("mode", snapshot)
                            .with("modes", SnapshotMode.texts())));
            return new SourceSnapshots(mode, percent);
        }
    }

    private Options options() {
        Options options = what.options;
        return options == null ? Options.NONE : options;
    }

    /**
     * When.
     *
     * @param schedule a cron line, or a text such as {@code every 5 min}, which is stored as a cron line; empty for a plan that runs only on request
     * @param hours when it may begin, empty for always
     * @param jitterMinutes spreads the nodes over so many minutes behind the schedule
     * @param makeUp whether a run that was missed is made up
     * @param overdueMinutes so long after a moment that was due without a snapshot somebody is told; 0 for never
     */
    public record When(
            @Bound(characters = Schedule.MOST_CHARACTERS) @JsonProperty(required = true)
            String schedule,

            @Bound(characters = 100) @JsonProperty(required = true)
            String zone,

            @Bound(items = 100) @JsonProperty(required = true)
            List<Hours> hours,

            @JsonProperty(required = true) int jitterMinutes,
            @JsonProperty(required = true) boolean makeUp,
            @JsonProperty(required = true) int overdueMinutes) {
        public When {
            schedule = Schedule.plain(requireNonNull(schedule));
            requireNonNull(zone);
            hours = List.copyOf(hours);
        }

        /** The schedule, null where there is none. */
        public @Nullable Schedule parsed() {
            return schedule.isEmpty() ? null : Schedule.parse(schedule, zone);
        }

        boolean mayBegin(Instant now, Schedule schedule) {
            var local = now.atZone(schedule.zone()).toLocalDateTime();
            return hours.isEmpty() || hours.stream().anyMatch(each -> each.contains(local));
        }
    }

    /** How. */
    public record How(
            @JsonProperty(required = true) int threads,
            @JsonProperty(required = true) long readBytesPerSecond,
            @JsonProperty(required = true) long sendBytesPerSecond,
            @JsonProperty(required = true) boolean idle,
            @JsonProperty(required = true) int priority) {}

    public static Plan parse(String json) throws IOException {
        return JSON.readValue(json, Plan.class);
    }

    public String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Refuses what cannot be meant.
     *
     * @throws IllegalArgumentException saying what is wrong
     */
    public void check(Instant now) {
        Options options = options();
        boolean stream = !options.streamScript.isEmpty();
        boolean paths = !what.paths.isEmpty() || !options.optionalPaths.isEmpty();
        boolean disks = !options.wholeDisks().isEmpty();
        require(paths || stream || disks, Phrase.of("plan.no-paths"));
        require(!disks || (!paths && !stream), Phrase.of("plan.paths-or-disks"));
        require(!paths || !stream, Phrase.of("plan.paths-or-script"));
        require(
                !stream || plainName(options.streamName),
                Phrase.of("plan.stream-name").with("name", options.streamName));
        what.paths.forEach(Plan::requireAbsolute);
        options.optionalPaths.forEach(Plan::requireAbsolute);
        options.wholeDisks().forEach(Plan::requireAbsolute);
        SnapshotMode mode = options.sourceSnapshots().mode();
        require(!stream || mode == SnapshotMode.NONE, Phrase.of("plan.snapshot-of-script"));
        require(
                !disks || (mode != SnapshotMode.BTRFS && mode != SnapshotMode.ZFS),
                Phrase.of("plan.snapshot-of-disks"));
        what.excludes.forEach(ExcludePattern::parse);
        options.anyCaseExcludes.forEach(ExcludePattern::parse);
        for (String name : options.excludeIfPresent) {
            require(plainName(name), Phrase.of("plan.marker-name").with("name", name));
        }
        require(options.excludeLargerThanBytes >= 0, Phrase.of("plan.exclude-larger"));
        options.tags.forEach(SnapshotSummary::requireTag);
        for (String script : List.of(what.before, what.after, options.streamScript)) {
            require(
                    script.isEmpty() || script.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}"),
                    Phrase.of("plan.script-name").with("script", script));
        }
        require(what.scriptMinutes >= 1 && what.scriptMinutes <= MAX_MINUTES, Phrase.of("plan.script-minutes"));
        require(when.jitterMinutes >= 0 && when.jitterMinutes <= MAX_MINUTES, Phrase.of("plan.jitter"));
        require(when.overdueMinutes >= 0, Phrase.of("plan.overdue"));
        require(how.threads >= 0 && how.threads <= 64, Phrase.of("plan.threads"));
        require(how.readBytesPerSecond >= 0 && how.sendBytesPerSecond >= 0, Phrase.of("plan.rates"));
        require(
                how.priority >= 0 && how.priority <= MAX_PRIORITY,
                Phrase.of("plan.priority").with("most", MAX_PRIORITY));
        Schedule schedule = when.parsed();
        if (schedule != null) {
            Optional<Instant> next = schedule.next(now);
            require(next.isPresent(), Phrase.of("plan.never-due").with("schedule", String.valueOf(when.schedule)));
            boolean spaced = next.flatMap(first -> schedule.next(first)
                            .map(second -> first.plus(jitter()).isBefore(second)))
                    .orElse(true);
            require(spaced, Phrase.of("plan.jitter-too-long"));
        }
    }

    private static void requireAbsolute(String path) {
        require(path.startsWith("/"), Phrase.of("plan.path-not-absolute").with("path", path));
    }

    private static boolean plainName(String name) {
        return !name.isEmpty() && !name.contains("/") && !name.equals(".") && !name.equals("..");
    }

    private static void require(boolean right, Phrase otherwise) {
        if (!right) {
            throw new PhrasedArgumentException(otherwise);
        }
    }

    @JsonIgnore
    public boolean upgradesClients() {
        return upgradeClients != null;
    }

    @JsonIgnore
    Duration jitter() {
        return Duration.ofMinutes(when.jitterMinutes);
    }

    Job.Backup job(boolean fullRead) {
        Options o = options();
        return new Job.Backup(
                what.paths,
                what.excludes,
                what.oneFileSystem,
                fullRead,
                what.before,
                what.after,
                what.scriptMinutes * 60,
                new Job.Limits(how.threads, how.readBytesPerSecond, how.sendBytesPerSecond, how.idle),
                new Job.Options(
                        o.optionalPaths,
                        o.anyCaseExcludes,
                        o.excludeCaches,
                        o.excludeIfPresent,
                        o.excludeLargerThanBytes,
                        o.tags,
                        o.streamScript,
                        o.streamName,
                        o.wholeDisks(),
                        o.sourceSnapshots()));
    }
}
