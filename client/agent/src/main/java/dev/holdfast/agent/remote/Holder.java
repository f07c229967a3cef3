package dev.holdfast.agent.remote;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * Tells the appliance which holder of a node's identity this is, so that a copy of the state directory on another machine
 * is noticed: a number of the state directory, a counter, the machine and its start. Number and counter are kept in {@code
 * holder} in the state directory. Processes and threads that share it present themselves one after the other, so that the
 * appliance sees the counter grow.
 */
final class Holder {
    private static final Path MACHINE_ID = Path.of("/etc/machine-id");
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final int MAX_ID_BYTES = 200;

    /** @param counter the greatest that was told */
    private record Kept(UUID instance, long counter) {
        byte[] encode() {
            return (instance + "\n" + counter + "\n").getBytes(StandardCharsets.US_ASCII);
        }
    }

    private final Connection connection;
    private final Identity identity;
    private final Path state;
    private final Path file;

    private Holder(Connection connection, Identity identity, Path state) {
        this.connection = connection;
        this.identity = identity;
        this.state = state;
        this.file = state.resolve("holder");
    }

    /** Presents this state directory on a new connection. An older appliance does not ask for it. */
    static void present(Connection connection, Identity identity, Path state) throws IOException {
        if (connection.welcome().version() < Frames.HOLDERS) {
            return;
        }
        try (StateLock lock = StateLock.take(state)) {
            new Holder(connection, identity, state.toRealPath()).present(lock.writable());
        }
    }

    /** After a new identity was stored: what was told for another one does not count. */
    static void discard(Path state) throws IOException {
        Files.deleteIfExists(state.resolve("holder"));
    }

    private void present(boolean writable) throws IOException {
        Kept before = read();
        Kept now = new Kept(before.instance, before.counter + 1);
        // Before the appliance knows it: a counter that is told twice looks like a copy.
        boolean stored = writable && store(now);
        Message.Hold hold = new Message.Hold(
                now.instance,
                stored ? now.counter : 0,
                hash("machine", id(MACHINE_ID) + "\n" + Move.home(state)),
                boot());
        try {
            UUID told = connection.request(hold, Message.Held.class).instance();
            if (writable && !told.equals(now.instance)) {
                store(new Kept(told, now.counter));
            }
        } catch (RemoteException e) {
            if (stored) {
                // A copy that tries again and again must not overtake the counter of the original.
                store(before);
            }
            throw e.code() == ErrorCode.FORBIDDEN ? new RemoteException(e.code(), e.getMessage() + remedy()) : e;
        }
    }

    private String remedy() {
        return ". Give this machine an identity of its own: "
                + TypedCommand.client(state, "enroll", identity.appliance(), "--force")
                + " (it asks for a new token, which the appliance prints: " + Enrolment.CREATE + ")";
    }

    private Kept read() {
        try {
            List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
            if (lines.size() == 2) {
                long counter = Long.parseLong(lines.get(1));
                if (counter >= 0 && counter < Long.MAX_VALUE) {
                    return new Kept(UUID.fromString(lines.getFirst()), counter);
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            // Not there yet, or damaged. The appliance says what it makes of a new one.
        }
        return new Kept(UUID.randomUUID(), 0);
    }

    private boolean store(Kept kept) {
        try {
            Identity.writeSecret(file, kept.encode());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private Digest boot() {
        String id = id(BOOT_ID);
        return id.isEmpty() ? new Digest(0, 0, 0, 0) : hash("boot", id);
    }

    /** Keyed by the node, so that nobody else can compare it. */
    private Digest hash(String what, String value) {
        String text =
                "holdfast " + what + "\n" + connection.welcome().vault() + "\n" + identity.nodeId() + "\n" + value;
        return HashAlgorithm.SHA_256.digest(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Empty where the system has none, as in many containers. */
    private static String id(Path file) {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(MAX_ID_BYTES), StandardCharsets.ISO_8859_1).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
