package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.qmp.Qmp;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Removes from a machine what backups by this client put there: after each backup, and before the next one for those that were killed.
 * What others put there stays.
 */
final class Cleaning {
    private static final long JOBS_SECONDS = 60;
    private static final long POLL_MILLIS = 20;

    private final Qmp qmp;
    private final MachineState state;
    private final @Nullable Journal journal;
    private final boolean last;

    /**
     * @param journal of the backup; null where nothing is known of one
     * @param last whether nobody tries again after a failure
     */
    Cleaning(Qmp qmp, MachineState state, @Nullable Journal journal, boolean last) {
        this.qmp = qmp;
        this.state = state;
        this.journal = journal;
        this.last = last;
    }

    /** Exports, jobs, nodes, bitmaps; a backup whose snapshot was not made leaves those of the one before it as they were. */
    void run() throws IOException {
        exports();
        jobs();
        nodes();
        bitmaps();
    }

    private boolean ours(JsonNode named, String field) {
        return named.path(field).asText().startsWith(state.prefix());
    }

    private void exports() throws IOException {
        boolean ours = journal != null && listens(journal.socket());
        boolean others = false;
        for (JsonNode each : qmp.execute("query-block-exports")) {
            boolean nbd = each.path("type").asText().equals("nbd");
            ours |= nbd && ours(each, "id");
            others |= nbd && !ours(each, "id");
        }
        if (ours && !others) {
            qmp.execute("nbd-server-stop");
        }
        for (JsonNode each : qmp.execute("query-block-exports")) {
            if (ours(each, "id")) {
                // Another program uses the server, too.
                qmp.attempt("block-export-del", Map.of("id", each.path("id").asText(), "mode", "hard"));
            }
        }
    }

    private static boolean listens(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException | IllegalArgumentException e) {
            return false;
        }
    }

    private void jobs() throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(JOBS_SECONDS);
        while (true) {
            List<JsonNode> left = new ArrayList<>();
            for (JsonNode each : qmp.execute("query-jobs")) {
                if (ours(each, "id")) {
                    left.add(each);
                }
            }
            if (left.isEmpty()) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("the machine did not end " + left.size() + " jobs within " + JOBS_SECONDS + " s");
            }
            for (JsonNode each : left) {
                String ending = each.path("status").asText().equals("concluded") ? "job-dismiss" : "job-cancel";
                qmp.attempt(ending, Map.of("id", each.path("id").asText()));
            }
            pause();
        }
    }

    static void pause() throws InterruptedIOException {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private JsonNode namedNodes() throws IOException {
        return qmp.execute("query-named-block-nodes", Map.of("flat", true));
    }

    private void nodes() throws IOException {
        List<String> names = new ArrayList<>();
        for (JsonNode each : namedNodes()) {
            if (ours(each, "node-name")) {
                names.add(each.path("node-name").asText());
            }
        }
        // Those that are built on others first: n before f.
        names.sort(Comparator.reverseOrder());
        for (String each : names) {
            qmp.execute("blockdev-del", Map.of("node-name", each));
        }
    }

    private void bitmaps() throws IOException {
        Set<String> current = state.bitmaps();
        for (JsonNode each : namedNodes()) {
            String node = each.path("node-name").asText();
            List<Bitmap> bitmaps = Bitmap.of(each);
            if (journal != null && !current.contains(journal.bitmap())) {
                rollBack(journal, node, bitmaps);
            }
            for (Bitmap bitmap : bitmaps) {
                if (bitmap.name().startsWith(state.prefix()) && !current.contains(bitmap.name())) {
                    // A node that cannot be written keeps it.
                    qmp.attempt("block-dirty-bitmap-remove", Map.of("node", node, "name", bitmap.name()));
                }
            }
        }
    }

    /**
     * What changed since the backup began is added to what changed before. If the machine refuses that even the second time, the bitmap
     * stays disabled, and the next backup does not trust it.
     */
    private void rollBack(Journal failed, String node, List<Bitmap> bitmaps) throws IOException {
        String before = failed.replaces();
        if (before == null
                || find(bitmaps, before).filter(each -> !each.recording()).isEmpty()
                || find(bitmaps, failed.bitmap()).filter(Bitmap::recording).isEmpty()) {
            return;
        }
        // The old one first: no write falls between the two.
        List<Map<String, Object>> actions = List.of(
                action("block-dirty-bitmap-enable", Map.of("node", node, "name", before)),
                action(
                        "block-dirty-bitmap-merge",
                        Map.of("node", node, "target", before, "bitmaps", List.of(failed.bitmap()))),
                action("block-dirty-bitmap-remove", Map.of("node", node, "name", failed.bitmap())));
        if (last) {
            qmp.attempt("transaction", Map.of("actions", actions));
        } else {
            qmp.execute("transaction", Map.of("actions", actions));
        }
    }

    private static Optional<Bitmap> find(List<Bitmap> bitmaps, String name) {
        return bitmaps.stream()
                .filter(each -> each.name().equals(name) && !each.inconsistent() && !each.busy())
                .findAny();
    }

    static Map<String, Object> action(String type, Map<String, ?> data) {
        return Map.of("type", type, "data", data);
    }

    /** Deletes the directories of a backup, and what it put there. */
    static void files(Journal journal) throws IOException {
        Files.deleteIfExists(journal.socket());
        Files.deleteIfExists(journal.sockets());
        try (DirectoryStream<Path> files = Files.newDirectoryStream(journal.scratch(), "disk-*.qcow2")) {
            for (Path each : files) {
                Files.deleteIfExists(each);
            }
        } catch (NoSuchFileException e) {
            return;
        }
        Files.deleteIfExists(journal.scratch());
    }
}
