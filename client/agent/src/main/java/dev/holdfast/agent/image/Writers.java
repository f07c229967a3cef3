package dev.holdfast.agent.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

    private Writers() {}

    /**
     * Those that this process may see: as root all but those of other containers.
     *
     * @param devices by major and minor number, as the kernel writes them
     */
    static List<String> of(Set<String> devices) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> processes = Files.list(PROCESSES)) {
            for (Path each : processes
                    .filter(path -> path.getFileName().toString().matches("\\d+"))
                    .toList()) {
                if (writes(each, devices)) {
                    found.add("open for writing by process " + each.getFileName() + ", " + name(each));
                }
            }
        }
        return found;
    }

    private static boolean writes(Path process, Set<String> devices) {
        try (Stream<Path> files = Files.list(process.resolve("fd"))) {
            return files.anyMatch(each -> devices.contains(number(each)) && writes(process, each));
        } catch (IOException e) {
            // It has ended, or is not ours to look at.
            return false;
        }
    }

    /** Empty where it is no block device. */
    private static String number(Path file) {
        try {
            int type = (int) Files.getAttribute(file, "unix:mode") & 0xF000;
            long device = (long) Files.getAttribute(file, "unix:rdev");
            long major = device >>> 8 & 0xFFF | device >>> 32 & 0xFFFF_F000L;
            long minor = device & 0xFF | device >>> 12 & 0xFFFF_FF00L;
            return type == 0x6000 ? major + ":" + minor : "";
        } catch (IOException e) {
            return "";
        }
    }

    private static boolean writes(Path process, Path file) {
        try {
            for (String line : Files.readAllLines(
                    process.resolve("fdinfo").resolve(file.getFileName()), StandardCharsets.US_ASCII)) {
                if (line.startsWith("flags:")) {
                    String flags = line.substring("flags:".length()).strip();
                    return (Long.parseLong(flags, OCTAL) & ACCESS) != READ_ONLY;
                }
            }
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
