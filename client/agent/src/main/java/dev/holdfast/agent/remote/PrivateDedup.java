package dev.holdfast.agent.remote;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Objects;

/**
 * Whether this node shares chunks with other nodes. Where it does not, each chunk of content begins with a secret of this node,
 * so that no other node ever has the same chunk: nobody can find out by trying what this node stores. The secret lies in the
 * state directory, in the file {@code private-dedup}; restoring does not need it, since manifests tell where in a chunk content
 * begins. A client that lost it makes a new one, and its next backup sends everything again.
 */
public record PrivateDedup(String hex) {
    private static final String FILE = "private-dedup";
    private static final int VERSION = 1;
    private static final int SECRET_BYTES = 32;
    private static final int MAX_FILE_BYTES = 1024;

    /** Chunks are shared, as they are unless somebody says otherwise. */
    private static final PrivateDedup NONE = new PrivateDedup("");

    /** What this node was told. Throws where the file is damaged, so that nothing is shared by mistake. */
    public static PrivateDedup load(Path state) throws IOException {
        Path file = state.resolve(FILE);
        byte[] bytes;
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw FormatException.corrupt("it is too long");
            }
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return NONE;
        } catch (FormatException e) {
            throw damaged(file, e);
        }
        try {
            ByteReader in = new ByteReader(bytes);
            FormatException.requireVersion("private-dedup", in.u8(), VERSION);
            byte[] secret = in.raw(SECRET_BYTES);
            Digest check = Digest.read(in);
            in.expectEnd("private-dedup");
            if (!HashAlgorithm.SHA_256.digest(secret).equals(check)) {
                throw FormatException.corrupt("its checksum is wrong");
            }
            return new PrivateDedup(HexFormat.of().formatHex(secret));
        } catch (FormatException e) {
            throw damaged(file, e);
        }
    }

    /** Whether there is a secret, be it whole or damaged. */
    public static boolean exists(Path state) {
        return Files.exists(state.resolve(FILE));
    }

    private static IOException damaged(Path file, FormatException cause) {
        return new IOException(
                file + " is damaged: " + cause.getMessage()
                        + ". Nothing was sent. Make a new secret, with which the next"
                        + " backup sends everything again: "
                        + TypedCommand.client(
                                Objects.requireNonNull(file.toAbsolutePath().getParent()),
                                "dedup",
                                "private",
                                "--renew"),
                cause);
    }

    /** From now on this node shares nothing with others. Keeps the secret that there is, unless told to make a new one. */
    public static void enable(Path state, boolean renew) throws IOException {
        if (!renew && load(state).active()) {
            return;
        }
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        ByteWriter out = new ByteWriter(1 + 2 * SECRET_BYTES);
        out.u8(VERSION).raw(secret);
        HashAlgorithm.SHA_256.digest(secret).write(out);
        Identity.createDirectory(state);
        Identity.writeSecret(state.resolve(FILE), out.toByteArray());
    }

    /** From now on this node shares chunks again. What was stored before stays as it is. */
    public static void disable(Path state) throws IOException {
        Files.deleteIfExists(state.resolve(FILE));
    }

    public boolean active() {
        return !hex.isEmpty();
    }

    /** What each chunk of content begins with; empty where chunks are shared. */
    public byte[] prefix() {
        return HexFormat.of().parseHex(hex);
    }

    /** Says nothing of the secret. */
    @Override
    public String toString() {
        return active() ? "private" : "shared";
    }
}
