package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.UUID;

/** What an appliance wants of a client's service; docs/protocol.md is normative. */
public sealed interface Job {
    /**
     * A backup.
     *
     * @param paths absolute, as the administrator wrote them
     * @param before name of a script in the client's own directory of scripts, empty for none; likewise {@code after}
     * @param scriptSeconds how long either may take
     */
    record Backup(
            List<String> paths,
            List<String> excludes,
            boolean oneFileSystem,
            boolean fullRead,
            String before,
            String after,
            int scriptSeconds,
            Limits limits,
            Options options)
            implements Job {
        /** Without options. */
        public Backup(
                List<String> paths,
                List<String> excludes,
                boolean oneFileSystem,
                boolean fullRead,
                String before,
                String after,
                int scriptSeconds,
                Limits limits) {
            this(paths, excludes, oneFileSystem, fullRead, before, after, scriptSeconds, limits, Options.NONE);
        }
    }

    /**
     * What clients know since {@link Frames#ORDERS_WITH_OPTIONS}.
     *
     * @param optionalPaths to back up where they are there
     * @param anyCaseExcludes patterns without regard to upper and lower case
     * @param excludeIfPresent names; what a directory with one of them holds is left out
     * @param excludeLargerThanBytes 0 for no limit
     * @param tags of the snapshot
     * @param streamScript name of a script whose output is backed up instead of paths, empty for none
     * @param streamName the name of the file that its output becomes
     */
    record Options(
            List<String> optionalPaths,
            List<String> anyCaseExcludes,
            boolean excludeCaches,
            List<String> excludeIfPresent,
            long excludeLargerThanBytes,
            List<String> tags,
            String streamScript,
            String streamName) {
        public static final Options NONE = new Options(List.of(), List.of(), false, List.of(), 0, List.of(), "", "");
    }

    /**
     * What a job may take of the machine.
     *
     * @param threads that read and compress; 0 for the client's own choice
     * @param readBytesPerSecond 0 for no limit, likewise {@code sendBytesPerSecond}
     * @param idle whether to run only where nothing else wants the processor or the disk
     */
    record Limits(int threads, long readBytesPerSecond, long sendBytesPerSecond, boolean idle) {
        public static final Limits NONE = new Limits(0, 0, 0, false);
    }

    /**
     * Files brought back.
     *
     * @param snapshot perhaps another node's, where the appliance allows it for this order
     * @param paths in the snapshot, none for all of it; what they have in common above them is left away
     * @param target absolute directory; the client has the last word on where it writes
     * @param overwrite as the client's command line names it
     */
    record Restore(UUID snapshot, List<String> paths, String target, String overwrite) implements Job {}

    /** Everything that a snapshot refers to read and rehashed. */
    record Verify(UUID snapshot) implements Job {}

    /**
     * A rehearsal: a sample of a snapshot's files restored to a scratch directory and compared with those that live.
     *
     * @param sampleBytes about how much
     * @param seed chooses the files
     */
    record Drill(UUID snapshot, long sampleBytes, long seed) implements Job {}

    /** The task that the order names is to end. */
    record Cancel() implements Job {}

    /** The task that the order names stands still until {@link Resume}. */
    record Pause() implements Job {}

    record Resume() implements Job {}

    /** The bytes of a job. */
    final class Codec {
        private static final int MAX_TEXT_BYTES = 4096;
        private static final int MAX_TEXTS = 10_000;
        private static final int MAX_OPTIONS = 100;
        private static final Set<String> OPTIONS = Set.of(
                "optional", "iexclude", "exclude-caches", "exclude-if-present", "exclude-larger-than", "tag", "stream");
        private static final int MAX_SECONDS = 7 * 86_400;

        private static final int BACKUP = 1;
        private static final int BACKUP_WITH_OPTIONS = 8;

        private Codec() {}

        static void write(ByteWriter out, Job job) {
            switch (job) {
                case Backup backup -> {
                    boolean plain = backup.options.equals(Options.NONE);
                    texts(out.u8(plain ? BACKUP : BACKUP_WITH_OPTIONS), backup.paths);
                    texts(out, backup.excludes);
                    out.u8((backup.oneFileSystem ? 1 : 0) | (backup.fullRead ? 2 : 0))
                            .string(backup.before)
                            .string(backup.after)
                            .varint(backup.scriptSeconds)
                            .varint(backup.limits.threads)
                            .u64(backup.limits.readBytesPerSecond)
                            .u64(backup.limits.sendBytesPerSecond)
                            .u8(backup.limits.idle ? 1 : 0);
                    if (!plain) {
                        options(out, backup.options);
                    }
                }
                case Restore(UUID snapshot, List<String> paths, String target, String overwrite) -> {
                    texts(uuid(out.u8(2), snapshot), paths);
                    out.string(target).string(overwrite);
                }
                case Verify(UUID snapshot) -> uuid(out.u8(3), snapshot);
                case Drill(UUID snapshot, long sampleBytes, long seed) ->
                    uuid(out.u8(4), snapshot).u64(sampleBytes).u64(seed);
                case Cancel() -> out.u8(5);
                case Pause() -> out.u8(6);
                case Resume() -> out.u8(7);
            }
        }

        static Job read(ByteReader in) throws FormatException {
            int kind = in.u8();
            return switch (kind) {
                case BACKUP -> backup(in, false);
                case BACKUP_WITH_OPTIONS -> backup(in, true);
                case 2 -> new Restore(uuid(in), texts(in), text(in), text(in));
                case 3 -> new Verify(uuid(in));
                case 4 -> new Drill(uuid(in), in.u64(), in.u64());
                case 5 -> new Cancel();
                case 6 -> new Pause();
                case 7 -> new Resume();
                default -> throw in.corrupt("job " + kind + " is unknown");
            };
        }

        /** Only those that say something, each under its name. */
        private static void options(ByteWriter out, Options o) {
            Map<String, List<String>> named = new LinkedHashMap<>();
            named.put("optional", o.optionalPaths);
            named.put("iexclude", o.anyCaseExcludes);
            named.put("exclude-caches", o.excludeCaches ? List.of("true") : List.of());
            named.put("exclude-if-present", o.excludeIfPresent);
            named.put(
                    "exclude-larger-than",
                    o.excludeLargerThanBytes > 0 ? List.of("" + o.excludeLargerThanBytes) : List.of());
            named.put("tag", o.tags);
            named.put("stream", o.streamScript.isEmpty() ? List.of() : List.of(o.streamScript, o.streamName));
            named.values().removeIf(List::isEmpty);
            out.varint(named.size());
            named.forEach((name, values) -> texts(out.string(name), values));
        }

        private static Options options(ByteReader in) throws FormatException {
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
                return new Options(
                        named.getOrDefault("optional", none),
                        named.getOrDefault("iexclude", none),
                        named.containsKey("exclude-caches"),
                        named.getOrDefault("exclude-if-present", none),
                        Long.parseLong(named.getOrDefault("exclude-larger-than", List.of("0"))
                                .getFirst()),
                        named.getOrDefault("tag", none),
                        stream.isEmpty() ? "" : stream.getFirst(),
                        stream.isEmpty() ? "" : stream.getLast());
            } catch (NumberFormatException | NoSuchElementException e) {
                throw in.corrupt("the options of a backup are damaged");
            }
        }

        private static Job backup(ByteReader in, boolean options) throws FormatException {
            List<String> paths = texts(in);
            List<String> excludes = texts(in);
            int flags = in.u8();
            return new Backup(
                    paths,
                    excludes,
                    (flags & 1) != 0,
                    (flags & 2) != 0,
                    text(in),
                    text(in),
                    in.varint(MAX_SECONDS, "script time"),
                    new Limits(in.varint(1024, "threads"), in.u64(), in.u64(), in.u8() == 1),
                    options ? options(in) : Options.NONE);
        }

        private static void texts(ByteWriter out, List<String> texts) {
            out.varint(texts.size());
            texts.forEach(out::string);
        }

        private static List<String> texts(ByteReader in) throws FormatException {
            int count = in.varint(Math.min(MAX_TEXTS, in.remaining()), "text count");
            List<String> texts = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                texts.add(text(in));
            }
            return List.copyOf(texts);
        }

        private static String text(ByteReader in) throws FormatException {
            return in.string(MAX_TEXT_BYTES, "text");
        }

        private static ByteWriter uuid(ByteWriter out, UUID uuid) {
            return out.u64(uuid.getMostSignificantBits()).u64(uuid.getLeastSignificantBits());
        }

        private static UUID uuid(ByteReader in) throws FormatException {
            return new UUID(in.u64(), in.u64());
        }
    }
}
