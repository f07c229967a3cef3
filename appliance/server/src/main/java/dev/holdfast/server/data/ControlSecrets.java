package dev.holdfast.server.data;

import dev.holdfast.server.access.Access;
import dev.holdfast.server.access.Oidc;
import dev.holdfast.server.alert.Alerts;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.pki.Authority;
import dev.holdfast.server.vault.Credentials;
import dev.holdfast.store.envelope.Vault;
import java.io.IOException;
import java.nio.file.Path;

/** What the control plane keeps sealed, all of it. */
final class ControlSecrets {
    private ControlSecrets() {}

    /** Seals with the newest key whatever is sealed with an older one. Cut off, it is done again. */
    static void reseal(Path keys, ControlDb control, Vault vault) throws IOException {
        Authority.reseal(keys, vault);
        Credentials.reseal(control, vault);
        Alerts.reseal(control, vault);
        Access.reseal(control, vault);
        Oidc.reseal(control, vault);
    }
}
