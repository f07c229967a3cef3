package dev.holdfast.agent.remote;

import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.PageRef;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots that this client made itself, each with the hash of its list of pages: {@code own-snapshots} in the
 * state directory, a line {@code UUID hash} each. This tells the client's own trees from everything else that an
 * appliance may offer under whatever name, since pages and chunks are checked against their digests. A snapshot that is not listed
 * counts as foreign: it is from before this list, from another state directory, or too old.
 */
public final class OwnSnapshots {
    private static final int LINE_BYTES = 36 + 1 + 64 + 1;
    /** 2 MB; then the older half is forgotten. */
    private static final int MAX_LINES = 20_000;

    private final Path file;

    public OwnSnapshots(Path state) {
        this.file = state.resolve("own-snapshots");
    }

    /** SHA-256 over a snapshot's page references in their order. Used by one thread. */
    public static final class Root {
        private final MessageDigest sha;

        public Root() {
            try {
                sha = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK has SHA-256", e);
            }
        }

        public void add(PageRef ref) {
            ByteWriter out = new ByteWriter(256);
            ref.write(out);
            sha.update(out.toByteArray());
        }

        /** Ends it; nothing can be added afterwards. */
        public Digest digest() {
            return Digest.fromBytes(sha.digest());
        }
    }

    public void remember(UUID snapshot, Digest root) throws IOException {
        byte[] line = (snapshot + " " + root + "\n").getBytes(StandardCharsets.US_ASCII);
        Files.write(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        if (Files.size(file) > (long) MAX_LINES * LINE_BYTES) {
            List<String> lines = Files.readAllLines(file, StandardCharsets.US_ASCII);
            Path shorter = file.resolveSibling("own-snapshots.tmp");
            Files.write(shorter, lines.subList(lines.size() / 2, lines.size()), StandardCharsets.US_ASCII);
            Files.move(shorter, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Whether this client made the very tree that the appliance offers as this snapshot. */
    public boolean made(RemoteManifest manifest) throws IOException {
        Digest root = known(manifest.snapshot());
        return root != null && root.equals(manifest.root());
    }

    /** Whether this client made a snapshot of this name. */
    public boolean lists(UUID snapshot) throws IOException {
        return known(snapshot) != null;
    }

    private @Nullable Digest known(UUID snapshot) throws IOException {
        String start = snapshot + " ";
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
                if (line.startsWith(start) && line.length() == LINE_BYTES - 1) {
                    return Digest.fromBytes(HexFormat.of().parseHex(line, start.length(), line.length()));
                }
            }
        } catch (NoSuchFileException | IllegalArgumentException e) {
            // Nothing was made here yet, or the line is damaged: in doubt it is foreign.
        }
        return null;
    }
}
