package dev.holdfast.server.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.remote.Uses;
import dev.holdfast.vault.remote.VaultContainers;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A vault of the appliance, opened, with the service that keeps it up to date. Whoever uses it while vaults may be removed
 * does so within {@link #use}: journal and objects are closed after the last use. Safe for use by several threads.
 */
final class OpenVault {
    /** For what is under way, to end by itself. */
    static final Duration GRACE = Duration.ofSeconds(5);
    /** For what is under way, to notice that its connections are gone. */
    static final Duration AFTER_CUT = Duration.ofSeconds(5);

    private final String name;
    private final long addedAt;
    private final Journal journal;
    private final LateStore objects;
    private final @Nullable Phrase refused;
    private final Uses uses = new Uses();
    private final VaultContainers.Copy copy;
    private volatile Access access;
    private volatile @Nullable VaultService service;

    /**
     * Where it is and what opens it.
     *
     * @param sealed the credentials, as they are configured
     * @param refused why it is not used, and what to do; null where it is
     */
    record Access(
            VaultSettings settings,
            byte @Nullable [] sealed,
            @Nullable OssCredentials credentials,
            @Nullable Phrase refused) {
        /** Whether the same is configured; the policy does not count. */
        boolean isOf(VaultRow row) {
            VaultSettings now = VaultSettings.readable(row.settings());
            return Objects.equals(now.file(), settings.file())
                    && Objects.equals(now.oss(), settings.oss())
                    && Arrays.equals(row.credentials(), sealed);
        }

        /** Whether the same calls reach it. */
        boolean opensAs(Access other) {
            return Objects.equals(settings.file(), other.settings.file())
                    && Objects.equals(settings.oss(), other.settings.oss())
                    && Objects.equals(credentials, other.credentials);
        }

        Access refusedFor(@Nullable Phrase why) {
            return new Access(settings, sealed, credentials, why);
        }
    }

    /** @param objects of the same place; opened when they are first wanted */
    OpenVault(VaultRow row, Access access, Journal journal, LateStore objects) {
        this.name = row.name();
        this.addedAt = row.addedAt();
        this.access = access;
        this.journal = journal;
        this.objects = objects;
        this.refused = access.refused;
        this.copy = new VaultContainers.Copy(objects, journal, uses);
    }

    String name() {
        return name;
    }

    boolean first() {
        return name.equals(VaultRegistry.FIRST);
    }

    VaultSettings settings() {
        return access.settings;
    }

    Access access() {
        return access;
    }

    /** When it was set, ms since 1970. */
    long addedAt() {
        return addedAt;
    }

    ObjectStore objects() {
        return objects;
    }

    Journal journal() {
        return journal;
    }

    /** Why it is not used, and what to do; null where it is. */
    @Nullable
    Phrase refused() {
        return refused;
    }

    /** What the store reads from. */
    VaultContainers.Copy copy() {
        return copy;
    }

    /** The policy as it is configured now. */
    VaultPolicy policy(ControlDb control) throws IOException {
        VaultSettings now = VaultSettings.parse(VaultRegistry.row(control, name).settings());
        VaultSettings known = access.settings;
        return now.url().equals(known.url()) ? now.policy() : known.policy();
    }

    // ---- uses

    /** Work with it. */
    interface Use<T> {
        T run() throws IOException;
    }

    /** Does this while nobody closes it; otherwise returns what is said for a vault that is being closed. */
    <T> T use(Use<T> use, T otherwise) throws IOException {
        if (!begin()) {
            return otherwise;
        }
        try {
            return use.run();
        } finally {
            end();
        }
    }

    /** Begins a use, which {@link #end} ends; returns false, and begins none, where it is being closed. */
    boolean begin() {
        return uses.begin();
    }

    void end() {
        uses.end();
    }

    // ---- its service

    /** Null where it has none: it is refused, or nobody keeps it up to date. */
    @Nullable
    VaultService service() {
        return service;
    }

    void serve(VaultService one) {
        service = one;
    }

    /** Tells its service to end, and returns at once. */
    void endService() {
        VaultService known = service;
        if (known != null) {
            known.end();
        }
    }

    // ---- changes

    /** Other calls reach it from now on; those under way go on as they began. */
    void renew(Access now) throws IOException {
        boolean same = now.opensAs(access);
        access = now;
        if (same) {
            return;
        }
        objects.renew(() -> now.settings.open(now.credentials));
        VaultService known = service;
        if (known != null) {
            known.renewed();
        }
    }

    /**
     * Ends its service, and closes it once nobody uses it any more: what is under way gets a grace, then its calls are
     * closed.
     *
     * @return false where it is still in use after that; to be called again
     */
    boolean leave() throws IOException {
        uses.close();
        endService();
        if (!ended(GRACE)) {
            objects.close();
            if (!ended(AFTER_CUT)) {
                return false;
            }
        }
        VaultService known = service;
        if (known != null) {
            known.close();
        }
        close();
        return true;
    }

    private boolean ended(Duration patience) {
        try {
            return uses.ended(patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Ends every call to it. */
    void cut() throws IOException {
        objects.close();
    }

    /** Closes it even if it is in use. */
    void close() throws IOException {
        try {
            journal.close();
        } finally {
            objects.close();
        }
    }
}
