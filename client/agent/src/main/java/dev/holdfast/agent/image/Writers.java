package dev.holdfast.agent.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Programs that have a block device open for writing, such as a virtual machine whose disk it is. */
final class Writers {
    private static final Path PROCESSES = Path.of("/proc");
    private static final int READ_ONLY = 0;
    private static final int ACCESS = 3;
    private static final int OCTAL = 8;
    /** Starts others, and has no disk open. The root of a container may not look at that of its host. */
    private static final Path FIRST = PROCESSES.resolve("1");

    private Writers() {}

    /** What cannot be looked at may be one. */
    private static final class UnknownException extends IOException {
        UnknownException(Path process) {
            super("what process " + process.getFileName() + ", " + name(process)
                    + ", has open cannot be seen; this needs all rights of root, CAP_SYS_PTRACE among them");
        }
    }

    /**
     * All that can be seen from here, which those of other containers may not be, and the first that cannot be looked at.
     *
     * @param devices by major and minor number, as the kernel writes them
     */
    static List<String> of(Set<String> devices) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> processes = Files.list(PROCESSES)) {
            for (Path each : processes
                    .filter(path -> path.getFileName().toString().matches("\\d+") && !path.equals(FIRST))
                    .toList()) {
                if (writes(each, devices)) {
                    found.add("open for writing by process " + each.getFileName() + ", " + name(each));
                }
            }
        } catch (UnknownException e) {
            found.add(e.getMessage());
        }
        return found;
    }

    private static boolean writes(Path process, Set<String> devices) throws UnknownException {
        try (Stream<Path> files = Files.list(process.resolve("fd"))) {
            for (Path each : files.toList()) {
                if (devices.contains(number(each)) && writes(process, each)) {
                    return true;
                }
            }
            return false;
        } catch (AccessDeniedException e) {
            throw new UnknownException(process);
        } catch (IOException | UncheckedIOException e) {
            // It has ended.
            return false;
        }
    }

    /** Empty where it is no block device, or is closed. */
    private static String number(Path file) throws AccessDeniedException {
        try {
            int type = (int) Files.getAttribute(file, "unix:mode") & 0xF000;
            long device = (long) Files.getAttribute(file, "unix:rdev");
            long major = device >>> 8 & 0xFFF | device >>> 32 & 0xFFFF_F000L;
            long minor = device & 0xFF | device >>> 12 & 0xFFFF_FF00L;
            return type == 0x6000 ? major + ":" + minor : "";
        } catch (AccessDeniedException e) {
            throw e;
        } catch (IOException e) {
            return "";
        }
    }

    private static boolean writes(Path process, Path file) throws AccessDeniedException {
        try {
            for (String line : Files.readAllLines(
                    process.resolve("fdinfo").resolve(file.getFileName()), StandardCharsets.US_ASCII)) {
                if (line.startsWith("flags:")) {
                    String flags = line.substring("flags:".length()).strip();
                    return (Long.parseLong(flags, OCTAL) & ACCESS) != READ_ONLY;
                }
            }
        } catch (AccessDeniedException e) {
            throw e;
        } catch (IOException e) {
            return false;
        }
        return true;
    }

    private static String name(Path process) {
        try {
            return Files.readString(process.resolve("comm"), StandardCharsets.ISO_8859_1)
                    .strip();
        } catch (IOException e) {
            return "which has ended";
        }
    }
}
