package dev.holdfast.vault.upload;

import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Records;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.Roots;
import dev.holdfast.vault.format.VaultContainer;
import dev.holdfast.vault.format.VaultSnapshot;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Whether this appliance may write to a vault, before it does: looks at the newest root, stores it again where it is
 * damaged, and notes what a root of its own lists whose answer was lost.
 */
final class Membership {
    private static final System.Logger LOG = System.getLogger(Membership.class.getName());

    private final ObjectStore store;
    private final VaultKeys keys;
    private final Journal journal;
    private final Parts parts;

    Membership(ObjectStore store, VaultKeys keys, Journal journal) {
        this.store = store;
        this.keys = keys;
        this.journal = journal;
        this.parts = new Parts(store, keys);
    }

    /**
     * The newest root, once it is sure that this appliance may write behind it; empty for a vault that is new.
     *
     * @throws VaultRefusedException where it may not
     */
    Optional<Root> join() throws IOException {
        Tenancy.Finding found = new Tenancy(store, keys, journal).look();
        Root.Read newest = found.newest();
        if (newest == null) {
            return Optional.empty();
        }
        if (found.kind() == Tenancy.Kind.LEFT) {
            throw Tenancy.left(store.url(), newest.root());
        }
        byte @Nullable [] last = journal.root();
        long known = last == null ? 0 : Publication.sequenceOf(last);
        if (found.damaged() && last != null) {
            LOG.log(System.Logger.Level.WARNING, "root " + known + " of " + store.url() + " is stored again");
            Roots.restore(store, known, last);
        } else if (last == null || newest.root().sequence() > known) {
            adopt(newest);
        }
        return Optional.of(newest.root());
    }

    /** Notes what a root of this appliance lists whose answer was lost. */
    private void adopt(Root.Read read) throws IOException {
        Root root = read.root();
        List<VaultContainer> containers = new ArrayList<>();
        List<VaultSnapshot> snapshots = new ArrayList<>();
        Records.Visitor visitor = new Publication.Visit() {
            @Override
            public void container(VaultContainer container) {
                containers.add(container);
            }

            @Override
            public void snapshot(VaultSnapshot snapshot) {
                snapshots.add(snapshot);
            }
        };
        Set<UUID> known = knownParts();
        for (Root.Part part : root.segments()) {
            if (!known.contains(part.id())) {
                parts.each(ObjectKind.SEGMENT, part, visitor);
            }
        }
        for (Root.Part part : root.catalogues()) {
            if (!known.contains(part.id())) {
                parts.each(ObjectKind.CATALOGUE, part, visitor);
            }
        }
        byte[] encoded = Roots.encoded(store, read);
        journal.inTransaction(() -> {
            for (VaultContainer each : containers) {
                journal.containers().published(each.id(), each.ordinal(), root.sequence());
            }
            for (VaultSnapshot each : snapshots) {
                journal.snapshots().published(each.snapshot().id(), root.sequence());
            }
            journal.setRoot(encoded);
        });
    }

    private Set<UUID> knownParts() throws IOException {
        Set<UUID> known = new HashSet<>();
        byte @Nullable [] last = journal.root();
        if (last != null) {
            Root.parse(last, Publication.sequenceOf(last)).root().parts().forEach(part -> known.add(part.id()));
        }
        return known;
    }
}
