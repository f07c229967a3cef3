package dev.holdfast.server.support;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.usecase.Actor;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/** Files of a data directory that go into a support bundle. */
public final class SupportFiles {
    private static final System.Logger LOG = System.getLogger(SupportFiles.class.getName());
    private static final int MOST_HEADS = 20;
    private static final int MOST_CHARACTERS = 8 << 20;
    private static final int MOST_LINE = 20_000;

    private final Path root;

    public SupportFiles(Path root) {
        this.root = root;
    }

    /** Number, time and kind of the newest heads. */
    public String auditHeads() throws IOException {
        Deque<String> heads = new ArrayDeque<>();
        try (BufferedReader lines = Files.newBufferedReader(root.resolve("audit/heads"), StandardCharsets.ISO_8859_1)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                // HFAUDIT1:id:hash:at:start:kind:signature
                String[] parts = line.split(":", -1);
                if (parts.length == 7 && parts[3].matches("\\d{1,15}")) {
                    heads.add("entry " + parts[1] + " at " + Instant.ofEpochMilli(Long.parseLong(parts[3])) + " "
                            + parts[5]);
                }
                if (heads.size() > MOST_HEADS) {
                    heads.removeFirst();
                }
            }
        }
        return String.join("\n", heads) + "\n";
    }

    /** The appliance's log of the last days, the end of it where it is long. */
    public String log(int days) throws IOException {
        Instant since = Instant.now().minus(Duration.ofDays(days));
        List<Path> logs;
        try (Stream<Path> files = Files.list(root.resolve("logs"))) {
            logs = files.filter(file -> file.getFileName().toString().matches("appliance\\.log\\.\\d+"))
                    .sorted(Comparator.comparingLong(
                            (Path file) -> file.toFile().lastModified()))
                    .toList();
        }
        Deque<String> kept = new ArrayDeque<>();
        long characters = 0;
        for (Path log : logs) {
            if (Files.getLastModifiedTime(log).toInstant().isBefore(since)) {
                continue;
            }
            try (BufferedReader lines = Files.newBufferedReader(log, StandardCharsets.ISO_8859_1)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    String cut = line.length() > MOST_LINE ? line.substring(0, MOST_LINE) : line;
                    kept.add(cut);
                    characters += cut.length() + 1L;
                    while (characters > MOST_CHARACTERS) {
                        characters -= kept.removeFirst().length() + 1L;
                    }
                }
            }
        }
        return String.join("\n", kept) + "\n";
    }

    /** Notes in the audit log that a bundle was made, where that can be written. */
    public static void audit(Path root, String bundle) {
        Path file = root.resolve("control.db");
        try {
            // A bundle is also made where a database is lost, or an older release runs: neither is made or upgraded
            // here.
            if (!Files.exists(file)
                    || ControlDb.schema().version("control database", file)
                            != ControlDb.schema().versions().last()) {
                throw new IOException(file + " is missing, or another release's");
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the support bundle is not in the audit log: " + e.getMessage());
            return;
        }
        try (ControlDb control = new ControlDb(file)) {
            control.audit().append(Actor.ADMINISTRATOR.text(), "support bundle", bundle, "allowed");
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the support bundle is not in the audit log: " + e.getMessage());
        }
    }
}
