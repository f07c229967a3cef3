package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The names that a restore writes under before a file is whole. Each tells which snapshot and file it is for and which
 * restore it belongs to, so that no restore touches what another one, still running, writes:
 *
 * <pre>
 * .holdfast-partial-SNAPSHOT-FILE-OWNER      a file's content       SNAPSHOT: 13 characters of its id
 * .holdfast-links-SNAPSHOT-OWNER             a directory, see {@link HardLinks}   FILE: 32 digits of the name's digest
 * OWNER: MACHINE.BOOT.NAMESPACE.PROCESS.START.NUMBER      hexadecimal
 * </pre>
 *
 * A process is known by its number and start in one boot of one machine. What a restore left that runs no more is
 * continued, if it was of the same snapshot, else removed; of a process that cannot be seen from here (another machine, another container)
 * nothing is known, and its files stay. Safe for use by several threads.
 */
final class WorkFiles {
    private static final String PARTIAL = ".holdfast-partial-";
    private static final String LINKS = ".holdfast-links-";
    private static final int SNAPSHOT_CHARACTERS = 13;
    private static final int FILE_DIGITS = 32;
    private static final int STATE_FIELD = 0;
    private static final int FLAGS_FIELD = 6;
    private static final int START_FIELD = 19;
    private static final long EXITING = 4;

    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final Set<Integer> RUNNING = ConcurrentHashMap.newKeySet();

    private final String snapshot;
    private final String owner;
    private final int number = NUMBERS.incrementAndGet();

    WorkFiles(UUID snapshot) {
        this.snapshot = snapshot.toString().substring(0, SNAPSHOT_CHARACTERS);
        this.owner = Self.PREFIX + "." + Integer.toHexString(number);
        RUNNING.add(number);
    }

    /** From now on this restore counts as ended. */
    void close() {
        RUNNING.remove(number);
    }

    byte[] partial(byte[] name) {
        return bytes(PARTIAL + snapshot + "-" + file(name) + "-" + owner);
    }

    byte[] links() {
        return bytes(LINKS + snapshot + "-" + owner);
    }

    /** For trying whether the target still takes anything. */
    byte[] probe() {
        return bytes(PARTIAL + snapshot + "-probe-" + owner);
    }

    static boolean isOne(byte[] name) {
        String text = text(name);
        return text.startsWith(PARTIAL) || text.startsWith(LINKS) || Arrays.equals(name, TargetLock.NAME);
    }

    private static String file(byte[] name) {
        return HashAlgorithm.SHA_256.digest(name).toString().substring(0, FILE_DIGITS);
    }

    /** What ended restores left in a directory for this one to go on with, by what {@link #of} gives for a file. */
    static final class Left {
        static final Left NOTHING = new Left(Map.of());
        private final Map<String, byte[]> byFile;

        private Left(Map<String, byte[]> byFile) {
            this.byFile = byFile;
        }

        Optional<byte[]> of(byte[] name) {
            return byFile.isEmpty() ? Optional.empty() : Optional.ofNullable(byFile.remove(file(name)));
        }

        /** Removes what nobody asked for. */
        boolean discard(Directory directory) throws IOException {
            for (byte[] name : byFile.values()) {
                directory.remove(name, false);
            }
            return true;
        }
    }

    /** Told of a work file that is left alone since its restore may run where this process cannot see it. */
    interface Unknown {
        void unknown(byte[] name);
    }

    /** Removes what ended restores left in a directory and is of no use any more. */
    Left clean(Directory directory, List<byte[]> listing, Unknown report) throws IOException {
        Map<String, byte[]> left = new HashMap<>();
        for (byte[] name : listing) {
            String text = text(name);
            boolean links = text.startsWith(LINKS);
            if (!links && !text.startsWith(PARTIAL)) {
                continue;
            }
            String[] parts = text.substring((links ? LINKS : PARTIAL).length()).split("-", -1);
            Stat stat = ExistingFiles.statOrNull(directory, name);
            if (stat == null || !Platform.current().owns(stat)) {
                continue;
            }
            // Releases before owners were named: those restores have ended.
            String last = parts[parts.length - 1];
            Life life = last.indexOf('.') < 0 ? Life.ENDED : life(last);
            if (life == Life.UNKNOWN) {
                report.unknown(name);
            }
            if (life != Life.ENDED) {
                continue;
            }
            if (links) {
                if (stat.type() == Stat.Type.DIRECTORY) {
                    removeLinks(directory, name);
                }
            } else if (text.startsWith(PARTIAL + snapshot + "-")
                    && parts.length >= 3
                    && parts[2].length() == FILE_DIGITS
                    && resumable(stat)
                    && !left.containsKey(parts[2])) {
                left.put(parts[2], name);
            } else if (stat.type() != Stat.Type.DIRECTORY) {
                directory.remove(name, false);
            }
        }
        return left.isEmpty() ? Left.NOTHING : new Left(left);
    }

    private static void removeLinks(Directory directory, byte[] name) throws IOException {
        try (Directory stale = directory.openDirectory(name)) {
            for (byte[] link : stale.names()) {
                stale.remove(link, false);
            }
        }
        directory.remove(name, true);
    }

    /**
     * Whether it is what an attempt of ours left. A file of somebody else may be open to its maker, who could then read and write what
     * is restored. What it holds is believed no further: every extent is hashed, every hole read.
     */
    static boolean resumable(Stat left) {
        return left.type() == Stat.Type.FILE
                && left.links() == 1
                && (left.mode() & 022) == 0
                && Platform.current().owns(left);
    }

    private enum Life {
        RUNNING,
        ENDED,
        UNKNOWN
    }

    private static Life life(String owner) {
        String[] fields = owner.split("\\.", -1);
        if (fields.length != 6 || !fields[0].equals(Self.MACHINE)) {
            return Life.UNKNOWN;
        }
        if (!fields[1].equals(Self.BOOT)) {
            return Life.ENDED;
        }
        if (!fields[2].equals(Self.NAMESPACE)) {
            return Life.UNKNOWN;
        }
        try {
            long pid = Long.parseLong(fields[3], 16);
            if (!Self.start(pid).equals(fields[4])) {
                return Life.ENDED;
            }
            boolean own = pid == ProcessHandle.current().pid();
            return !own || RUNNING.contains(Integer.parseInt(fields[5], 16)) ? Life.RUNNING : Life.ENDED;
        } catch (NumberFormatException e) {
            return Life.UNKNOWN;
        }
    }

    /** This process, as others on this machine can recognise it. */
    private static final class Self {
        static final String MACHINE = digits(read("/etc/machine-id", read("/proc/sys/kernel/hostname", "?")));
        static final String BOOT = digits(read("/proc/sys/kernel/random/boot_id", "?"));
        static final String NAMESPACE = digits(link("/proc/self/ns/pid"));
        static final String PREFIX;

        static {
            long pid = ProcessHandle.current().pid();
            PREFIX = String.join(".", MACHINE, BOOT, NAMESPACE, Long.toHexString(pid), start(pid));
        }

        private static boolean ended(String[] fields) {
            return "ZXx".contains(fields[STATE_FIELD]) || (Long.parseLong(fields[FLAGS_FIELD]) & EXITING) != 0;
        }

        private static String digits(String text) {
            return HashAlgorithm.SHA_256
                    .digest(text.getBytes(StandardCharsets.UTF_8))
                    .toString()
                    .substring(0, 8);
        }

        private static String read(String file, String otherwise) {
            try {
                String text = Files.readString(Path.of(file)).strip();
                return text.isEmpty() ? otherwise : text;
            } catch (IOException e) {
                return otherwise;
            }
        }

        private static String link(String file) {
            try {
                return Files.readSymbolicLink(Path.of(file)).toString();
            } catch (IOException | UnsupportedOperationException e) {
                return "?";
            }
        }

        /**
         * When a process began, in whatever unit the system has; empty where none of that number runs. One that has ended keeps its
         * number until its parent asks for it, which some that are the first in a container never do (proc_pid_stat(5)).
         */
        static String start(long pid) {
            String stat = read("/proc/" + pid + "/stat", "");
            int name = stat.lastIndexOf(')');
            if (name >= 0) {
                String[] fields = stat.substring(name + 1).strip().split(" ", -1);
                return fields.length > START_FIELD && !ended(fields)
                        ? Long.toHexString(Long.parseLong(fields[START_FIELD]))
                        : "";
            }
            return ProcessHandle.of(pid)
                    .flatMap(each -> each.info().startInstant())
                    .map(Instant::getEpochSecond)
                    .map(Long::toHexString)
                    .orElse("");
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String text(byte[] name) {
        return new String(name, StandardCharsets.ISO_8859_1);
    }
}
