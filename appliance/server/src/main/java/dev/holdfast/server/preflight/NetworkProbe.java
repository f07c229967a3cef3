package dev.holdfast.server.preflight;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Network interfaces and their speed, as the kernel knows it. */
final class NetworkProbe {
    private static final long BYTES_OF_MEGABIT = 125_000;

    private final Path directory;

    /** @param directory {@code /sys/class/net} */
    NetworkProbe(Path directory) {
        this.directory = directory;
    }

    /** @param bytesPerSecond 0 where the driver does not tell it, as with virtual interfaces */
    record Network(String name, boolean up, long bytesPerSecond) {}

    List<Network> measure() {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(each -> Files.exists(each.resolve("device")))
                    .sorted()
                    .map(each -> new Network(
                            each.getFileName().toString(),
                            text(each.resolve("operstate")).equals("up"),
                            speed(text(each.resolve("speed")))))
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static long speed(String megabits) {
        return megabits.matches("[1-9]\\d{0,6}") ? Long.parseLong(megabits) * BYTES_OF_MEGABIT : 0;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            // Reading the speed of an interface that is down fails.
            return "";
        }
    }
}
