package dev.holdfast.server.local;

import dev.holdfast.control.audit.Anchor;
import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.audit.AuditReport;
import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.vault.VaultAnchors;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Verifies an audit log, beside a running appliance or without one. */
public final class AuditVerification {
    private AuditVerification() {}

    /**
     * Compares the whole log with the signed heads that are known.
     *
     * @param heads further texts that have heads, such as an exported journal
     * @param credentials to read the roots in the vaults too; null to read only those that the journals know
     */
    public static AuditReport verify(DataDirectory directory, List<Path> heads, @Nullable CredentialFiles credentials)
            throws IOException {
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            List<Anchor> anchors = new ArrayList<>(VaultAnchors.known(directory.root(), control));
            List<String> notes = List.of();
            if (credentials != null) {
                VaultAnchors.InVaults read = Refusals.told(() -> {
                    try (VaultKeys keys = credentials.unlock(directory)) {
                        return VaultAnchors.read(control, keys);
                    }
                });
                anchors.addAll(read.anchors());
                notes = read.notes();
            }
            return AuditKeeper.verify(
                            control, directory.root(), Authority.loadCertificate(directory.keys()), heads, anchors)
                    .noting(notes);
        }
    }
}
