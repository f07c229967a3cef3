package dev.holdfast.control.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.object.ObjectStore;
import java.io.IOException;

/** The vaults that are configured, by name. */
public final class VaultRegistry {
    /** The vault that restores read from; all others are copies of it. */
    public static final String FIRST = "vault";

    private VaultRegistry() {}

    /** The objects of a configured vault, for commands beside the running appliance. */
    public static ObjectStore objects(ControlDb control, String name, VaultKeys keys) throws IOException {
        VaultRow row = row(control, name);
        return VaultSettings.parse(row.settings()).open(Credentials.open(keys, row));
    }

    /** @throws IOException where no vault has this name */
    public static VaultRow row(ControlDb control, String name) throws IOException {
        return control.vaults()
                .find(name)
                .orElseThrow(() -> new IOException(
                        name.equals(FIRST)
                                ? "this appliance has no vault; to set one, see: "
                                        + TypedCommand.elsewhere("appliance", "vault", "set", "--help")
                                : "this appliance has no vault '" + name + "'; see: "
                                        + control.command("vault", "status")));
    }
}
