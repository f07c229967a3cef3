package dev.holdfast.control.boot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What drills leave behind where the appliance is killed: files, and perhaps machines. */
final class BootLeftovers {
    private static final System.Logger LOG = System.getLogger(BootLeftovers.class.getName());

    private BootLeftovers() {}

    /** Ends machines whose directories are below a directory, and deletes all of it. */
    static void remove(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        List<Path> machines;
        try (Stream<Path> found = Files.list(directory)) {
            machines = found.filter(each -> Files.exists(BootCommand.pid(each))).toList();
        }
        for (Path each : machines) {
            kill(each);
        }
        delete(directory);
    }

    /** A machine ends with the appliance, unless the appliance was killed in the moment of its start. */
    private static void kill(Path machine) throws IOException {
        String pid = Files.readString(BootCommand.pid(machine)).strip();
        if (!pid.matches("\\d{1,9}")) {
            return;
        }
        Path command = Path.of("/proc", pid, "cmdline");
        String words;
        try {
            words = Files.readString(command, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return;
        }
        // Numbers of processes are used again.
        if (words.contains(BootCommand.PROGRAM)
                && words.contains(BootCommand.pid(machine).toString())) {
            Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(pid));
            process.ifPresent(ProcessHandle::destroyForcibly);
            LOG.log(System.Logger.Level.WARNING, "a machine of a drill from before this start was ended");
        }
    }

    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        List<Path> left;
        try (Stream<Path> tree = Files.walk(directory)) {
            left = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path each : left) {
            Files.deleteIfExists(each);
        }
    }
}
