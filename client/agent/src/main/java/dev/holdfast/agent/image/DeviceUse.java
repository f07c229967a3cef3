package dev.holdfast.agent.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What writes to a block device of Linux: file systems mounted from it, its partitions or what lies on them, and swap. */
final class DeviceUse {
    private static final Path DEVICES = Path.of("/sys/class/block");
    private static final int MAX_DEVICES = 4096;
    /** The number of the field, from 0. */
    private static final int SECTORS_WRITTEN = 6;

    private DeviceUse() {}

    /** As words such as {@code mounted at /home}; empty where nothing writes to it, or the system does not tell. */
    static List<String> of(Path device) throws IOException {
        return mounts(numbers(device), false);
    }

    /**
     * Whatever keeps it from being left alone, also file systems that are mounted read-only and programs that have it open for writing;
     * empty where nothing does.
     */
    static List<String> any(Path device) throws IOException {
        Map<String, String> devices = numbers(device);
        if (devices.isEmpty()) {
            return List.of("the system does not tell how");
        }
        List<String> users = mounts(devices, true);
        users.addAll(loops(devices));
        users.addAll(Writers.of(devices.keySet()));
        return users;
    }

    /** Loop devices over it, which no process has open, and which the kernel does not count among those that hold it. */
    private static List<String> loops(Map<String, String> devices) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(DEVICES)) {
            for (Path each : all.toList()) {
                for (String file : lines(each.resolve("loop/backing_file"))) {
                    Path name = Path.of(file);
                    name = (Files.exists(name) ? name.toRealPath() : name).getFileName();
                    if (name != null && devices.containsValue(name.toString())) {
                        found.add("under loop device " + each.getFileName());
                    }
                }
            }
        }
        return found;
    }

    /** How many sectors were written to it since the machine started; -1 where the system does not tell. */
    static long sectorsWritten(Path device) {
        try {
            Path name = device.toRealPath().getFileName();
            String[] figures = Files.readString(DEVICES.resolve(name + "/stat"), StandardCharsets.US_ASCII)
                    .strip()
                    .split(" +");
            return Long.parseLong(figures[SECTORS_WRITTEN]);
        } catch (IOException | RuntimeException e) {
            return -1;
        }
    }

    /** Names of the device, its partitions and what lies on them, by major and minor number as the kernel writes them. */
    private static Map<String, String> numbers(Path device) throws IOException {
        Map<String, String> devices = new LinkedHashMap<>();
        Path name = device.toRealPath().getFileName();
        if (name != null && Files.isDirectory(DEVICES.resolve(name.toString()))) {
            collect(DEVICES.resolve(name.toString()), devices);
        }
        return devices;
    }

    private static List<String> mounts(Map<String, String> devices, boolean readOnlyToo) {
        List<String> uses = new ArrayList<>();
        for (String line : lines(Path.of("/proc/self/mountinfo"))) {
            String[] fields = line.split(" ", 7);
            boolean counts = fields.length > 5
                    && (readOnlyToo || List.of(fields[5].split(",")).contains("rw"));
            if (counts && devices.containsKey(fields[2])) {
                uses.add("mounted at " + fields[4]);
            }
        }
        for (String line : lines(Path.of("/proc/swaps"))) {
            Path swap = Path.of(line.split("\\s", 2)[0]).getFileName();
            if (swap != null && devices.containsValue(swap.toString())) {
                uses.add("swap on " + swap);
            }
        }
        return uses;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // Another system, or none of it.
            return List.of();
        }
    }

    private static void collect(Path device, Map<String, String> found) throws IOException {
        Path own = device.toRealPath();
        Path name = own.getFileName();
        String number =
                Files.readString(own.resolve("dev"), StandardCharsets.US_ASCII).strip();
        if (name == null || found.size() >= MAX_DEVICES || found.put(number, name.toString()) != null) {
            return;
        }
        List<Path> others = new ArrayList<>();
        try (Stream<Path> parts = Files.list(own)) {
            parts.filter(part -> Files.exists(part.resolve("partition"))).forEach(others::add);
        }
        Path holders = own.resolve("holders");
        if (Files.isDirectory(holders)) {
            try (Stream<Path> held = Files.list(holders)) {
                held.forEach(others::add);
            }
        }
        for (Path other : others) {
            collect(other, found);
        }
    }
}
