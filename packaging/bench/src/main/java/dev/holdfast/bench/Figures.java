package dev.holdfast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** What /proc says of a process. Linux only. */
final class Figures {
    private Figures() {}

    /** A line of /proc/PID/status, in KiB, as MiB. */
    static long mebibytes(long pid, String key) throws IOException {
        return kibibytes(pid, key) >> 10;
    }

    /** A line of /proc/PID/status, in KiB. */
    static long kibibytes(long pid, String key) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith(key + ":")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return 0;
    }

    static long threads(long pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith("Threads:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return 0;
    }

    static long handles(long pid) throws IOException {
        try (var files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return files.count();
        }
    }

    /** What a thread is called, and its processor seconds. */
    record ThreadTime(String name, double seconds) {}

    /** All threads of a process, by number. */
    static Map<Long, ThreadTime> threadTimes(long pid) throws IOException {
        Map<Long, ThreadTime> times = new HashMap<>();
        try (var tasks = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path task : tasks) {
                try {
                    String name = Files.readString(task.resolve("comm")).strip();
                    times.put(Long.valueOf(task.getFileName().toString()), new ThreadTime(name, seconds(task)));
                } catch (NoSuchFileException e) {
                    // It has ended.
                }
            }
        }
        return times;
    }

    /** Processor seconds, user and system. */
    static double cpuSeconds(long pid) throws IOException {
        return seconds(Path.of("/proc/" + pid));
    }

    private static double seconds(Path process) throws IOException {
        String stat = Files.readString(process.resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }

    static long self() {
        return ProcessHandle.current().pid();
    }
}
