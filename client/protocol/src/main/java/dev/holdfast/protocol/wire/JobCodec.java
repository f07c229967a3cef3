package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.snapshot.SnapshotMode;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.UUID;

/** Writes and reads the job of an order. The numbers and names here are part of the protocol. */
final class JobCodec {
    private static final int MAX_TEXT_BYTES = 4096;
    private static final int MAX_TEXTS = 10_000;
    private static final int MAX_OPTIONS = 100;
    private static final Set<String> OPTIONS = Set.of(
            "optional",
            "iexclude",
            "exclude-caches",
            "exclude-if-present",
            "exclude-larger-than",
            "tag",
            "stream",
            "disk",
            "snapshot");
    private static final int MAX_SECONDS = 7 * 86_400;

    private static final int BACKUP = 1;
    private static final int RESTORE = 2;
    private static final int VERIFY = 3;
    private static final int DRILL = 4;
    private static final int CANCEL = 5;
    private static final int PAUSE = 6;
    private static final int RESUME = 7;
    private static final int BACKUP_WITH_OPTIONS = 8;
    private static final int UPGRADE = 9;
    private static final int FOLDERS = 10;

    private JobCodec() {}

    static void write(ByteWriter out, Job job) {
        switch (job) {
            case Job.Backup backup -> {
                boolean plain = backup.options().equals(Job.Options.NONE);
                texts(out.u8(plain ? BACKUP : BACKUP_WITH_OPTIONS), backup.paths());
                texts(out, backup.excludes());
                out.u8((backup.oneFileSystem() ? 1 : 0) | (backup.fullRead() ? 2 : 0))
                        .string(backup.before())
                        .string(backup.after())
                        .varint(backup.scriptSeconds())
                        .varint(backup.limits().threads())
                        .u64(backup.limits().readBytesPerSecond())
                        .u64(backup.limits().sendBytesPerSecond())
                        .u8(backup.limits().idle() ? 1 : 0);
                if (!plain) {
                    options(out, backup.options());
                }
            }
            case Job.Restore(UUID snapshot, List<String> paths, String target, String overwrite) -> {
                out.u8(RESTORE);
                Fields.uuid(out, snapshot);
                texts(out, paths);
                out.string(target).string(overwrite);
            }
            case Job.Verify(UUID snapshot) -> Fields.uuid(out.u8(VERIFY), snapshot);
            case Job.Drill(UUID snapshot, long sampleBytes, long seed) ->
                Fields.uuid(out.u8(DRILL), snapshot).u64(sampleBytes).u64(seed);
            case Job.Cancel() -> out.u8(CANCEL);
            case Job.Pause() -> out.u8(PAUSE);
            case Job.Resume() -> out.u8(RESUME);
            case Job.Upgrade(String version, List<String> signatures) ->
                texts(out.u8(UPGRADE).string(version), signatures);
            case Job.Folders(String directory, String after) ->
                out.u8(FOLDERS).string(directory).string(after);
        }
    }

    static Job read(ByteReader in) throws FormatException {
        int kind = in.u8();
        return switch (kind) {
            case BACKUP -> backup(in, false);
            case BACKUP_WITH_OPTIONS -> backup(in, true);
            case RESTORE -> new Job.Restore(Fields.uuid(in), texts(in), text(in), text(in));
            case VERIFY -> new Job.Verify(Fields.uuid(in));
            case DRILL -> new Job.Drill(Fields.uuid(in), in.u64(), in.u64());
            case CANCEL -> new Job.Cancel();
            case PAUSE -> new Job.Pause();
            case RESUME -> new Job.Resume();
            case UPGRADE -> new Job.Upgrade(text(in), texts(in, Job.Upgrade.MAX_SIGNATURES));
            case FOLDERS -> new Job.Folders(text(in), text(in));
            default -> throw in.corrupt("job " + kind + " is unknown");
        };
    }

    /** Writes the options that are set, each under its name. */
    private static void options(ByteWriter out, Job.Options o) {
        Map<String, List<String>> named = new LinkedHashMap<>();
        named.put("optional", o.optionalPaths());
        named.put("iexclude", o.anyCaseExcludes());
        named.put("exclude-caches", o.excludeCaches() ? List.of("true") : List.of());
        named.put("exclude-if-present", o.excludeIfPresent());
        named.put(
                "exclude-larger-than",
                o.excludeLargerThanBytes() > 0 ? List.of("" + o.excludeLargerThanBytes()) : List.of());
        named.put("tag", o.tags());
        named.put("stream", o.streamScript().isEmpty() ? List.of() : List.of(o.streamScript(), o.streamName()));
        named.put("disk", o.disks());
        SourceSnapshots snapshots = o.snapshots();
        named.put(
                "snapshot",
                snapshots.equals(SourceSnapshots.NONE)
                        ? List.of()
                        : List.of(snapshots.mode().text(), "" + snapshots.percent()));
        named.values().removeIf(List::isEmpty);
        out.varint(named.size());
        named.forEach((name, values) -> texts(out.string(name), values));
    }

    private static Job.Options options(ByteReader in) throws FormatException {
        Map<String, List<String>> named = new HashMap<>();
        for (int n = in.varint(MAX_OPTIONS, "option count"); n > 0; n--) {
            String name = text(in);
            if (!OPTIONS.contains(name)) {
                throw in.corrupt("option '" + name + "' of a backup is unknown to this release");
            }
            named.put(name, texts(in));
        }
        List<String> none = List.of();
        List<String> stream = named.getOrDefault("stream", none);
        try {
            return new Job.Options(
                    named.getOrDefault("optional", none),
                    named.getOrDefault("iexclude", none),
                    named.containsKey("exclude-caches"),
                    named.getOrDefault("exclude-if-present", none),
                    Long.parseLong(named.getOrDefault("exclude-larger-than", List.of("0"))
                            .getFirst()),
                    named.getOrDefault("tag", none),
                    stream.isEmpty() ? "" : stream.getFirst(),
                    stream.isEmpty() ? "" : stream.getLast(),
                    named.getOrDefault("disk", none),
                    snapshots(named.getOrDefault("snapshot", none)));
        } catch (IllegalArgumentException | NoSuchElementException e) {
            throw in.corrupt("the options of a backup are damaged");
        }
    }

    /** @throws IllegalArgumentException where the texts are none that this release writes, likewise NoSuchElementException */
    private static SourceSnapshots snapshots(List<String> texts) {
        return texts.isEmpty()
                ? SourceSnapshots.NONE
                : new SourceSnapshots(
                        SnapshotMode.of(texts.getFirst()).orElseThrow(), Integer.parseInt(texts.getLast()));
    }

    private static Job backup(ByteReader in, boolean options) throws FormatException {
        List<String> paths = texts(in);
        List<String> excludes = texts(in);
        int flags = in.u8();
        return new Job.Backup(
                paths,
                excludes,
                (flags & 1) != 0,
                (flags & 2) != 0,
                text(in),
                text(in),
                in.varint(MAX_SECONDS, "script time"),
                new Job.Limits(in.varint(1024, "threads"), in.u64(), in.u64(), in.u8() == 1),
                options ? options(in) : Job.Options.NONE);
    }

    private static void texts(ByteWriter out, List<String> texts) {
        out.varint(texts.size());
        texts.forEach(out::string);
    }

    private static List<String> texts(ByteReader in) throws FormatException {
        return texts(in, MAX_TEXTS);
    }

    private static List<String> texts(ByteReader in, int most) throws FormatException {
        int count = in.varint(Math.min(most, in.remaining()), "text count");
        List<String> texts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            texts.add(text(in));
        }
        return List.copyOf(texts);
    }

    private static String text(ByteReader in) throws FormatException {
        return in.string(MAX_TEXT_BYTES, "text");
    }
}
