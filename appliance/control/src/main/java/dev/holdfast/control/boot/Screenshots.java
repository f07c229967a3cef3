package dev.holdfast.control.boot;

import dev.holdfast.store.disk.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The pictures of drills, a file for each task. The newest are kept. */
public final class Screenshots {
    /** A picture has 5 to 200 KB. */
    private static final int MOST = 500;

    private static final String BEFORE = "drill-";
    private static final String AFTER = ".png";

    private final Path directory;

    /** @param data the data directory */
    public Screenshots(Path data) {
        this.directory = data.resolve("drill-screenshots");
    }

    static String name(long task) {
        return BEFORE + task + AFTER;
    }

    /** The picture of a drill as PNG; empty where there is none, or none any more. */
    public Optional<byte[]> read(long task) throws IOException {
        Path file = directory.resolve(name(task));
        return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
    }

    synchronized void keep(long task, Screenshot screenshot) throws IOException {
        AtomicFile.createDirectory(directory);
        AtomicFile.write(directory.resolve(name(task)), screenshot.png(), true);
        List<Path> all;
        try (Stream<Path> found = Files.list(directory)) {
            all = new ArrayList<>(
                    found.filter(each -> each.getFileName().toString().matches("drill-\\d{1,18}\\.png"))
                            .toList());
        }
        all.sort(Comparator.comparingLong(Screenshots::task));
        for (Path each : all.subList(0, Math.max(0, all.size() - MOST))) {
            Files.delete(each);
        }
    }

    private static long task(Path file) {
        String name = file.getFileName().toString();
        return Long.parseLong(name.substring(BEFORE.length(), name.length() - AFTER.length()));
    }
}
