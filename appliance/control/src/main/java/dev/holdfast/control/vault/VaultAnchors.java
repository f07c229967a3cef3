package dev.holdfast.control.vault;

import dev.holdfast.control.audit.Anchor;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.Roots;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import java.io.IOException;
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
        for (VaultRow row : control.vaults().list()) {
            Optional<Path> file = VaultData.journal(data, row);
            if (file.isPresent()) {
                try (Journal journal = new Journal(file.get())) {
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

    /**
     * What vaults have.
     *
     * @param notes on roots that say nothing
     */
    public record InVaults(List<Anchor> anchors, List<String> notes) {}

    /**
     * From the roots that are in the vaults now, each signed by the vault's key. A vault keeps some roots from before a rotation
     * of keys; what another key signed is left out and noted.
     */
    public static InVaults read(ControlDb control, VaultKeys keys) throws IOException {
        List<Anchor> found = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        for (VaultRow row : control.vaults().list()) {
            try (ObjectStore objects = VaultRegistry.objects(control, row.name(), keys)) {
                List<Root.Read> roots = Roots.all(objects);
                List<Long> others = new ArrayList<>();
                for (Root.Read each : roots) {
                    if (each.signedBy(keys)) {
                        anchor("vault " + row.name(), each.root()).ifPresent(found::add);
                    } else {
                        others.add(each.root().sequence());
                    }
                }
                if (!others.isEmpty()) {
                    notes.add("of the " + roots.size() + " roots in vault " + row.name() + ", " + others.size()
                            + " are signed with another key than this appliance's (" + others.getFirst() + " to "
                            + others.getLast()
                            + ") and were not compared: they are from before the keys were rotated, or"
                            + " somebody else wrote them");
                }
            }
        }
        return new InVaults(found, notes);
    }

    private static Optional<Anchor> anchor(String where, Root root) {
        Root.Audit audit = root.audit();
        return audit == null
                ? Optional.empty()
                : Optional.of(new Anchor(where + ", root " + root.sequence(), audit.id(), audit.hash(), audit.at()));
    }
}
