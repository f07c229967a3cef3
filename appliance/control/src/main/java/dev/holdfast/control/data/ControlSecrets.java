package dev.holdfast.control.data;

import dev.holdfast.control.access.Oidc;
import dev.holdfast.control.access.SecondFactors;
import dev.holdfast.control.alert.Alerts;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.pki.ConsoleCertificate;
import dev.holdfast.control.vault.Credentials;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.file.Path;

/** What the control plane keeps sealed, all of it. */
public final class ControlSecrets {
    private ControlSecrets() {}

    /** Seals with the newest key whatever is sealed with an older one. Cut off, it is done again. */
    public static void reseal(Path keys, ControlDb control, VaultKeys vault) throws IOException {
        Authority.reseal(keys, vault);
        ConsoleCertificate.reseal(keys, vault);
        Credentials.reseal(control, vault);
        Alerts.reseal(control, vault);
        SecondFactors.reseal(control, vault);
        Oidc.reseal(control, vault);
    }
}
