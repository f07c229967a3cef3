package dev.holdfast.server.vault;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.vault.Journal;
import dev.holdfast.cloud.vault.Publication;
import dev.holdfast.cloud.vault.Root;
import dev.holdfast.cloud.vault.Roots;
import dev.holdfast.server.audit.Anchor;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.store.envelope.Vault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the roots of an appliance's vaults say of its audit log. */
public final class VaultAnchors {
    private VaultAnchors() {}

    /** From the roots that the journals know, without asking the vaults and without keys. */
    public static List<Anchor> known(Path data, ControlDb control) throws IOException {
        List<Anchor> found = new ArrayList<>();
        for (ControlDb.VaultRow row : control.vaults()) {
            Path file = VaultData.journal(data, row.name());
            if (Files.exists(file)) {
                try (Journal journal = new Journal(file)) {
                    byte[] root = journal.root();
                    if (root != null) {
                        Root.Read read = Root.parse(root, Publication.sequenceOf(root));
                        anchor("the journal of vault " + row.name(), read.root())
                                .ifPresent(found::add);
                    }
                }
            }
        }
        return found;
    }

    /** From the roots that are in the vaults now, each signed by the vault's key. */
    public static List<Anchor> read(ControlDb control, Vault keys) throws IOException {
        List<Anchor> found = new ArrayList<>();
        for (ControlDb.VaultRow row : control.vaults()) {
            try (ObjectStore objects = Vaults.objects(control, row.name(), keys)) {
                for (Root.Read each : Roots.all(objects)) {
                    each.requireSignedBy(keys);
                    anchor("vault " + row.name(), each.root()).ifPresent(found::add);
                }
            }
        }
        return found;
    }

    private static Optional<Anchor> anchor(String where, Root root) {
        Root.Audit audit = root.audit();
        return audit == null
                ? Optional.empty()
                : Optional.of(new Anchor(where + ", root " + root.sequence(), audit.id(), audit.hash(), audit.at()));
    }
}
