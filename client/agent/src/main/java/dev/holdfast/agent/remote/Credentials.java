package dev.holdfast.agent.remote;

import dev.holdfast.agent.remote.NodeCredential.Place;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys and certificates in a state directory. A renewal ends well whatever interrupts it:
 *
 * <ol>
 *   <li>{@code previous.pem} becomes the credential in use;
 *   <li>{@code renewed.pem} becomes the new one, on stable storage before it is used;
 *   <li>once the appliance accepted it, {@code node.key} and {@code node.crt} become the new one, where older clients find it;
 *   <li>{@code renewed.pem} is deleted.
 * </ol>
 *
 * <p>Each file is replaced as a whole. Whoever connects tries the newest first. The previous one is kept for an appliance
 * whose control database was restored from before the renewal: it knows no newer one.
 */
final class Credentials {
    private static final System.Logger LOG = System.getLogger(Credentials.class.getName());
    private static final String RENEWED = "renewed.pem";
    private static final String PREVIOUS = "previous.pem";
    private static final String KEY = "node.key";
    private static final String CERTIFICATE = "node.crt";

    private final Path state;

    Credentials(Path state) {
        this.state = state;
    }

    /** What to try, one after the other; at least one. */
    List<NodeCredential> usable(Instant now) throws IOException {
        List<NodeCredential> all = new ArrayList<>();
        NodeCredential renewed = read(RENEWED, Place.RENEWED);
        if (renewed != null) {
            all.add(renewed);
        }
        all.add(current());
        NodeCredential previous = read(PREVIOUS, Place.PREVIOUS);
        if (previous != null && !previous.ended(now)) {
            all.add(previous);
        }
        return all;
    }

    NodeCredential current() throws IOException {
        try {
            return new NodeCredential(
                    PemFiles.key(state.resolve(KEY)), PemFiles.certificate(state.resolve(CERTIFICATE)), Place.CURRENT);
        } catch (GeneralSecurityException e) {
            throw new IOException("the identity in " + state + " is damaged: " + e.getMessage() + "; enrol again", e);
        }
    }

    /** Null where there is none, or a damaged one: others are tried then. */
    private @Nullable NodeCredential read(String name, Place place) {
        Path file = state.resolve(name);
        if (Files.notExists(file)) {
            return null;
        }
        try {
            return new NodeCredential(PemFiles.key(file), PemFiles.certificate(file), place);
        } catch (IOException | GeneralSecurityException e) {
            LOG.log(System.Logger.Level.WARNING, file + " is damaged and is not used: " + e.getMessage());
            return null;
        }
    }

    /** Whether a renewed certificate waits to be used. */
    boolean renewalWaits() {
        return Files.exists(state.resolve(RENEWED));
    }

    /** Whether there is a newer one, which another process or connection of this node asked for. */
    boolean hasNewerThan(NodeCredential used) throws IOException {
        return renewalWaits()
                || (used.place() != Place.PREVIOUS && !current().certificate().equals(used.certificate()));
    }

    /**
     * Stores what the appliance issued; on stable storage when this returns.
     *
     * @param used the credential that it was asked for with
     */
    void renewed(PrivateKey key, X509Certificate certificate, NodeCredential used) throws IOException {
        if (used.place() != Place.PREVIOUS) {
            Identity.writeSecret(state.resolve(PREVIOUS), pem(used.key(), used.certificate()));
        }
        Identity.writeSecret(state.resolve(RENEWED), pem(key, certificate));
        sync(state);
    }

    /** The appliance accepted this one: it is the current one from now on. */
    void settle(NodeCredential used) throws IOException {
        if (used.place() == Place.RENEWED) {
            Identity.writeSecret(state.resolve(KEY), PemFiles.encode(used.key()));
            Identity.writeSecret(state.resolve(CERTIFICATE), PemFiles.encode(used.certificate()));
            sync(state);
        }
        NodeCredential renewed = read(RENEWED, Place.RENEWED);
        if (used.place() != Place.RENEWED
                || renewed == null
                || renewed.certificate().equals(used.certificate())) {
            Files.deleteIfExists(state.resolve(RENEWED));
        }
    }

    /** Of another identity, which an enrolment has replaced. */
    static void discardRenewals(Path state) throws IOException {
        Files.deleteIfExists(state.resolve(RENEWED));
        Files.deleteIfExists(state.resolve(PREVIOUS));
    }

    private static byte[] pem(PrivateKey key, X509Certificate certificate) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(PemFiles.encode(key));
        out.writeBytes(PemFiles.encode(certificate));
        return out.toByteArray();
    }

    /** A name that a power cut takes back would leave this node with a key that the appliance has replaced. */
    static void sync(Path state) {
        try (FileChannel directory = FileChannel.open(state, StandardOpenOption.READ)) {
            directory.force(true);
        } catch (IOException e) {
            // File systems that cannot do that keep names by other means.
            LOG.log(System.Logger.Level.DEBUG, "the directory cannot be synced", e);
        }
    }
}
