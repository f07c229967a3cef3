package dev.holdfast.api;

import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Oidc;
import dev.holdfast.control.audit.AuditReport;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.plan.Dispatcher;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.store.Store;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What routes work with.
 *
 * @param volumes their directories
 * @param vaultClass how the vault keeps a container
 * @param address that clients reach the appliance at: host and port
 */
public record Backend(
        HardwareProfile profile,
        Store store,
        ControlDb control,
        Authority authority,
        RetentionService keeper,
        Dispatcher dispatcher,
        Access access,
        Oidc oidc,
        List<Path> volumes,
        VaultClass vaultClass,
        AuditVerification auditVerification,
        NewRecoveryKey newRecoveryKey,
        Address address) {

    /** How the vault keeps a container; empty where it does not have it. */
    public interface VaultClass {
        Optional<StorageClass> of(int container) throws IOException;
    }

    /** Verifies the audit log. */
    public interface AuditVerification {
        AuditReport verify() throws IOException;
    }

    /** Makes a recovery key in place of the one that is, and returns it as it is printed. */
    public interface NewRecoveryKey {
        /** @param passphrase of the vault; null where the appliance starts without one */
        String make(@Nullable String passphrase) throws IOException;
    }

    /** The port that clients connect to, known when the listener is. */
    public interface Address {
        int port();
    }
}
