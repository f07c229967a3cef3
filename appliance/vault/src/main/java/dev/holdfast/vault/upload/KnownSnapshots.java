package dev.holdfast.vault.upload;

import dev.holdfast.store.snapshot.Irreplaceable;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.VaultSnapshot;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredManifest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is known of snapshots here and in the vault, as far as it decides which of them are irreplaceable. Each is
 * parsed once, since it is needed every few seconds. Used by the thread that uploads.
 */
final class KnownSnapshots {
    private final Journal journal;
    private final Parts parts;
    private final Map<UUID, Irreplaceable.Candidate> known = new HashMap<>();

    KnownSnapshots(Journal journal, Parts parts) {
        this.journal = journal;
        this.parts = parts;
    }

    /** Forgets all others. */
    void retainAll(Set<UUID> snapshots) {
        known.keySet().retainAll(snapshots);
    }

    boolean contains(UUID snapshot) {
        return known.containsKey(snapshot);
    }

    /** Those of the appliance's snapshots that are irreplaceable among themselves. */
    Set<UUID> irreplaceable(List<StoredSnapshot> snapshots) throws IOException {
        List<Irreplaceable.Candidate> candidates = new ArrayList<>();
        for (StoredSnapshot each : snapshots) {
            candidates.add(candidate(each));
        }
        return Irreplaceable.among(candidates).keySet();
    }

    private Irreplaceable.Candidate candidate(StoredSnapshot snapshot) throws IOException {
        Irreplaceable.Candidate before = known.get(snapshot.id());
        if (before != null) {
            return before;
        }
        Irreplaceable.Candidate parsed = Irreplaceable.Candidate.of(snapshot);
        known.put(snapshot.id(), parsed);
        return parsed;
    }

    /**
     * Those of the vault's snapshots that are irreplaceable among themselves; those that nothing is known of are left
     * out.
     */
    Set<UUID> irreplaceableInVault(List<StoredManifest> there) throws IOException {
        return Irreplaceable.among(described(there)).keySet();
    }

    /** What the rule needs to know of the vault's snapshots, including those that are no longer here. */
    private List<Irreplaceable.Candidate> described(List<StoredManifest> there) throws IOException {
        byte @Nullable [] last = journal.root();
        if (last != null && there.stream().anyMatch(each -> !known.containsKey(each.id()))) {
            for (Root.Part part :
                    Root.parse(last, Publication.sequenceOf(last)).root().catalogues()) {
                try {
                    parts.each(ObjectKind.CATALOGUE, part, new Publication.Visit() {
                        @Override
                        public void snapshot(VaultSnapshot snapshot) throws IOException {
                            candidate(snapshot.snapshot());
                        }
                    });
                } catch (IOException e) {
                    // What it listed is unknown, and stays, until an upload has made the catalogue anew.
                    if (!Parts.damaged(e)) {
                        throw e;
                    }
                }
            }
        }
        return there.stream()
                .flatMap(each -> Optional.ofNullable(known.get(each.id())).stream())
                .toList();
    }
}
