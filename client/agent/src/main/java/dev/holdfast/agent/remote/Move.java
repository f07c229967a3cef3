package dev.holdfast.agent.remote;

import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.pki.Certificates;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The move of this machine to another appliance, and back. Each identity is a state directory of its own beside the one in
 * use:
 *
 * <ol>
 *   <li>{@code moving} gets the identity at the new appliance, which then connects once; until here nothing has changed;
 *   <li>{@code former.new} becomes a copy of the identity in use, and {@code moving/ready} is written: from now on the move is
 *       finished by whoever reads the identity;
 *   <li>the identity in {@code moving} is copied into its place, {@code former.new} becomes {@code former}, and {@code moving}
 *       is deleted.
 * </ol>
 *
 * <p>With {@code former} as its state directory, the client reads the history that stays at the former appliance.
 */
public final class Move {
    private static final String NEXT = "moving";
    private static final String FORMER = "former";
    private static final String COPY = "former.new";
    private static final String READY = "ready";
    private static final List<String> FILES =
            List.of("ca.crt", "node.key", "node.crt", "renewed.pem", "previous.pem", "holder", "identity.json");

    private Move() {}

    /** A token that is read where it is needed. */
    public interface TokenSource {
        String read() throws IOException;
    }

    /**
     * Where the machine is now.
     *
     * @param identity in use
     * @param former the directory of the other one
     * @param snapshots that the appliance has of this node
     */
    public record Moved(Identity identity, Path former, int snapshots) {}

    /**
     * Enrols at another appliance, connects to it, and makes that the identity in use. An attempt that failed is repeated with
     * the same command.
     *
     * @throws IOException where anything fails; the identity in use stays in use then
     */
    public static Moved to(Endpoint endpoint, TokenSource token, @Nullable String fingerprint, String node, Path state)
            throws IOException {
        Identity.load(state);
        Path former = state.resolve(FORMER);
        if (Files.exists(former.resolve("identity.json"))) {
            throw new IllegalArgumentException(former + " holds this machine's identity at "
                    + Identity.load(former).appliance()
                    + ", from a move before. Rename or delete that directory first; its"
                    + " history can be restored as long as it is there: "
                    + TypedCommand.client(former, "snapshots"));
        }
        Path next = state.resolve(NEXT);
        Identity identity = staged(next, endpoint);
        if (identity == null) {
            String text = token.read();
            requireAnother(text, state);
            clear(next);
            identity = Enrolment.enroll(endpoint, text, fingerprint, node, next);
        }
        int snapshots;
        try (Appliance appliance = new Appliance(identity, next)) {
            snapshots = appliance.snapshots().size();
        } catch (RemoteException e) {
            // Of no use to another attempt.
            clear(next);
            throw e;
        }
        commit(state);
        return new Moved(Identity.load(state), former, snapshots);
    }

    /** The identity that an attempt before got from the same appliance. */
    private static @Nullable Identity staged(Path next, Endpoint endpoint) throws IOException {
        if (Files.notExists(next.resolve("identity.json"))) {
            return null;
        }
        Identity staged = Identity.load(next);
        return staged.endpoint().equals(endpoint) ? staged : null;
    }

    private static void requireAnother(String token, Path state) throws IOException {
        try {
            if (Certificates.fingerprint(Identity.authority(state)).startsWith(Enrolment.pin(token))) {
                throw new IllegalArgumentException(
                        "this token is of the appliance that this machine is enrolled at already."
                                + " If it has another address now: " + TypedCommand.client(state, "relocate", "URL")
                                + "; for a new certificate: " + TypedCommand.client(state, "enroll", "URL", "--force"));
            }
        } catch (GeneralSecurityException e) {
            throw new IOException("the identity in " + state + " is damaged: " + e.getMessage(), e);
        }
    }

    /**
     * Makes the former identity the one in use again, and the one in use the former.
     *
     * @return the identity that is in use from now on
     * @throws IllegalArgumentException where there is none
     */
    public static Identity undo(Path state) throws IOException {
        Identity.load(state);
        Path former = state.resolve(FORMER);
        if (Files.notExists(former.resolve("identity.json"))) {
            throw new IllegalArgumentException("there is no move to undo: " + former + " holds no identity");
        }
        Path next = state.resolve(NEXT);
        clear(next);
        copy(former, next);
        commit(state);
        return Identity.load(state);
    }

    /** The state directory that a directory of a move belongs to: to appliances, both are one holder of the identity. */
    static Path home(Path state) {
        Path parent = state.getParent();
        String name = String.valueOf(state.getFileName());
        boolean part = name.equals(FORMER) || name.equals(NEXT);
        return part && parent != null && Files.exists(parent.resolve("identity.json")) ? parent : state;
    }

    private static void commit(Path state) throws IOException {
        try (StateLock lock = StateLock.take(state)) {
            requireWritable(lock, state);
            Path copy = state.resolve(COPY);
            clear(copy);
            copy(state, copy);
            Identity.writeSecret(state.resolve(NEXT).resolve(READY), new byte[0]);
            Credentials.sync(state.resolve(NEXT));
            Credentials.sync(state);
            swap(state);
        }
    }

    /** Does the rest of a move that was decided and interrupted. */
    static void finish(Path state) throws IOException {
        if (Files.notExists(state.resolve(NEXT).resolve(READY))) {
            return;
        }
        try (StateLock lock = StateLock.take(state)) {
            requireWritable(lock, state);
            if (Files.exists(state.resolve(NEXT).resolve(READY))) {
                swap(state);
            }
        }
    }

    private static void requireWritable(StateLock lock, Path state) throws IOException {
        if (!lock.writable()) {
            throw new IOException("the move to another appliance cannot be finished: " + state + " cannot be written");
        }
    }

    /** May be repeated as long as {@code ready} is there. */
    private static void swap(Path state) throws IOException {
        Path next = state.resolve(NEXT);
        copy(next, state);
        Path copy = state.resolve(COPY);
        if (Files.exists(copy)) {
            clear(state.resolve(FORMER));
            Files.move(copy, state.resolve(FORMER), StandardCopyOption.ATOMIC_MOVE);
        }
        Credentials.sync(state);
        Files.deleteIfExists(next.resolve(READY));
        clear(next);
    }

    /** Files that are not in the source are deleted in the target. */
    private static void copy(Path from, Path to) throws IOException {
        Identity.createDirectory(to);
        for (String name : FILES) {
            Path file = from.resolve(name);
            if (Files.exists(file)) {
                Identity.writeSecret(to.resolve(name), Files.readAllBytes(file));
            } else {
                Files.deleteIfExists(to.resolve(name));
            }
        }
        Credentials.sync(to);
    }

    /** Deletes a directory and the files in it. */
    private static void clear(Path directory) throws IOException {
        if (Files.notExists(directory)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        for (Path each : files) {
            Files.delete(each);
        }
        try {
            Files.delete(directory);
        } catch (DirectoryNotEmptyException e) {
            throw new IOException(directory + " holds directories that are not of this client; move them elsewhere", e);
        }
    }
}
