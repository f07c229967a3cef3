package dev.holdfast.agent.remote;

import dev.holdfast.agent.json.FlatJson;
import dev.holdfast.protocol.cli.TypedCommand;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;

/**
 * Who this node is, and to which appliance: {@code identity.json}, {@code node.key}, {@code node.crt}, {@code ca.crt}. {@link
 * Credentials} has the files of renewals.
 */
public record Identity(int version, String appliance, int nodeId, String node) {
    private static final String FILE = "identity.json";

    /** Not enrolled yet, or the state directory is not the one meant. */
    public static final class NotEnrolledException extends IOException {
        NotEnrolledException(Path state) {
            super("this node is not enrolled (no identity in " + state
                    + "). Create a token on the appliance: "
                    + Enrolment.CREATE + "; then here: "
                    + TypedCommand.client(state, "enroll", "https://APPLIANCE:8807"));
        }
    }

    public static Identity load(Path state) throws IOException {
        Move.finish(state);
        return read(state);
    }

    private static Identity read(Path state) throws IOException {
        Path file = state.resolve(FILE);
        byte[] content;
        try {
            content = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new NotEnrolledException(state);
        }
        try {
            Map<String, String> values = FlatJson.read(content);
            if (!values.keySet().equals(Set.of("version", "appliance", "nodeId", "node"))) {
                throw new IOException("it has the values " + values.keySet());
            }
            return new Identity(
                    Integer.parseInt(values.getOrDefault("version", "")),
                    values.getOrDefault("appliance", ""),
                    Integer.parseInt(values.getOrDefault("nodeId", "")),
                    values.getOrDefault("node", ""));
        } catch (IOException | NumberFormatException e) {
            throw new IOException(file + " is damaged (" + e.getMessage() + "); enrol again", e);
        }
    }

    private byte[] json() throws IOException {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("version", version);
        values.put("appliance", appliance);
        values.put("nodeId", nodeId);
        values.put("node", node);
        return FlatJson.write(values, true).getBytes(StandardCharsets.UTF_8);
    }

    public Endpoint endpoint() {
        return Endpoint.parse(appliance);
    }

    /** The certificate of the authority that this node trusts. */
    static X509Certificate authority(Path state) throws IOException {
        try {
            return PemFiles.certificate(state.resolve("ca.crt"));
        } catch (GeneralSecurityException e) {
            throw new IOException("the identity in " + state + " is damaged: " + e.getMessage() + "; enrol again", e);
        }
    }

    /** As the node of this state directory, by its current certificate. */
    public SSLContext tls(Path state) throws IOException {
        NodeCredential current = new Credentials(state).current();
        X509Certificate authority = authority(state);
        return Tls.mutual(current.key(), List.of(current.certificate(), authority), authority, InstantSource.system());
    }

    /** Stores a fresh identity; the key is readable by its owner only. */
    void save(Path state, PrivateKey key, X509Certificate own, X509Certificate authority) throws IOException {
        createDirectory(state);
        // First: they would be tried before the new one.
        Credentials.discardRenewals(state);
        writeSecret(state.resolve("node.key"), PemFiles.encode(key));
        writeSecret(state.resolve("node.crt"), PemFiles.encode(own));
        writeSecret(state.resolve("ca.crt"), PemFiles.encode(authority));
        writeSecret(state.resolve(FILE), json());
    }

    /** The same node of the same appliance, which is reached elsewhere now. */
    public Identity movedTo(Endpoint endpoint) {
        return new Identity(version, endpoint.toString(), nodeId, node);
    }

    /** Stores the name that the appliance has for the node now, where the identity in the directory is still this one. */
    void learn(String name, Path state) throws IOException {
        if (read(state).equals(this)) {
            new Identity(version, appliance, nodeId, name).save(state);
        }
    }

    /** Stores what is not secret; keys and certificates stay. */
    public void save(Path state) throws IOException {
        writeSecret(state.resolve(FILE), json());
    }

    public static void createDirectory(Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath();
        if (Files.isDirectory(absolute)) {
            return;
        }
        if (Files.getFileStore(existing(absolute)).supportsFileAttributeView("posix")) {
            Files.createDirectories(
                    absolute, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectories(absolute);
        }
    }

    private static Path existing(Path path) {
        Path at = path;
        while (!Files.exists(at) && at.getParent() != null) {
            at = at.getParent();
        }
        return at;
    }

    /** Replaces a file as a whole, readable by its owner only. */
    static void writeSecret(Path file, byte[] content) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        Files.deleteIfExists(temporary);
        boolean posix = Files.getFileStore(existing(temporary)).supportsFileAttributeView("posix");
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel channel = posix
                ? FileChannel.open(
                        temporary,
                        options,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                : FileChannel.open(temporary, options)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
