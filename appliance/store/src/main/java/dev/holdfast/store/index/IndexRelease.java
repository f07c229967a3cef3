package dev.holdfast.store.index;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.rocksdb.RocksDB;

/** Which release of RocksDB wrote an index, as its newest file of options tells; without opening it. */
public final class IndexRelease {
    private static final int MOST_BYTES = 1 << 20;
    private static final Pattern LINE = Pattern.compile("(?m)^\\s*rocksdb_version=(\\d+)\\.(\\d+)\\.\\d+\\s*$");
    private static final Pattern NUMBERS = Pattern.compile("(\\d+)\\.(\\d+).*");

    private IndexRelease() {}

    /**
     * A release.
     *
     * @param major first part of its number
     * @param minor second part
     */
    public record Release(int major, int minor) {
        public boolean newerThan(Release other) {
            return major > other.major || major == other.major && minor > other.minor;
        }

        @Override
        public String toString() {
            return major + "." + minor;
        }
    }

    /** That of this program. */
    public static Release own() {
        RocksDB.loadLibrary();
        String text = RocksDB.rocksdbVersion().toString();
        Matcher numbers = NUMBERS.matcher(text);
        return numbers.matches() ? release(numbers) : new Release(0, 0);
    }

    /** Empty where there is no index, or it does not tell. */
    public static Optional<Release> of(Path index) throws IOException {
        if (!Files.isDirectory(index)) {
            return Optional.empty();
        }
        Optional<Path> options;
        try (Stream<Path> files = Files.list(index)) {
            options = files.filter(file -> file.getFileName().toString().matches("OPTIONS-\\d+"))
                    .max(Comparator.comparing(Path::toString));
        }
        if (options.isEmpty() || Files.size(options.get()) > MOST_BYTES) {
            return Optional.empty();
        }
        Matcher line = LINE.matcher(Files.readString(options.get(), StandardCharsets.ISO_8859_1));
        return line.find() ? Optional.of(release(line)) : Optional.empty();
    }

    private static Release release(Matcher numbers) {
        return new Release(Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2)));
    }
}
