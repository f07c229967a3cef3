package dev.holdfast.vault.recover;

import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.VaultContainer;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.upload.Tenancy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An appliance takes over a vault that an appliance with the same keys left, such as a copy that the lost appliance
 * kept: what is in it counts as uploaded, and only what is missing goes there from then on. Nothing is downloaded.
 * After an interruption it is run again and resumes. One thread runs it.
 */
public final class Adoption {
    private static final String PENDING = "adopting";

    private final ObjectStore store;
    private final VaultKeys keys;
    private final Journal journal;
    private final Consumer<String> warnings;

    /**
     * What an adoption found.
     *
     * @param snapshots in all
     * @param elsewhere those of them that this appliance does not have
     */
    public record Result(long root, int containers, int snapshots, Set<UUID> elsewhere) {}

    public Adoption(ObjectStore store, VaultKeys keys, Journal journal, Consumer<String> warnings) {
        this.store = store;
        this.keys = keys;
        this.journal = journal;
        this.warnings = warnings;
    }

    /** Notes that the vault shall be adopted. */
    public static void order(Journal journal) throws IOException {
        journal.setState(PENDING, "");
    }

    /** Whether adoption was ordered and is not finished. */
    public static boolean ordered(Journal journal) throws IOException {
        return journal.state(PENDING).isPresent();
    }

    /**
     * Adopts the vault. The index must be complete: a container that is not known here would be uploaded again later.
     *
     * @param others journals of the appliance's other vaults, which know containers that are on no volume
     * @throws dev.holdfast.vault.upload.VaultRefusedException where another appliance owns the vault
     */
    public Result run(Archiving archiving, List<Journal> others, Set<UUID> here) throws IOException {
        Tenancy.Finding found = new Tenancy(store, keys, journal).look();
        Root.Read newest = found.newest();
        if (newest == null) {
            // Nothing was ever published in it.
            journal.clearState(PENDING);
            return new Result(0, 0, 0, Set.of());
        }
        VaultRecovery vault = VaultRecovery.of(store, keys, newest, warnings);
        // First of all: from now on nobody else changes what is noted.
        vault.takeOver(journal);
        Map<UUID, Integer> numbers = numbers(archiving, others);
        Map<String, StorageClass> classes = new HashMap<>();
        store.each(ObjectKind.CONTAINER.prefix(), "", each -> classes.put(each.key(), each.storageClass()));
        int containers = noteContainers(newest.root(), numbers, classes, archiving);
        Map<UUID, ListedSnapshot> snapshots = vault.snapshots();
        ManifestRecovery.note(journal, newest.root(), List.copyOf(snapshots.values()));
        Set<UUID> elsewhere = new HashSet<>(snapshots.keySet());
        elsewhere.removeAll(here);
        journal.clearState(PENDING);
        return new Result(newest.root().sequence(), containers, snapshots.size(), elsewhere);
    }

    /** Numbers of containers by id; containers that no other vault has are read on the volumes. */
    private Map<UUID, Integer> numbers(Archiving archiving, List<Journal> others) throws IOException {
        Map<UUID, Integer> numbers = new HashMap<>();
        Set<Integer> known = new HashSet<>();
        for (Journal other : others) {
            for (int number : other.containers().numbers()) {
                Optional<StoredContainer> there = other.containers().find(number);
                if (there.isPresent() && archiving.knows(number) && known.add(number)) {
                    numbers.put(there.get().id(), number);
                }
            }
        }
        for (Archiving.Local each : archiving.local()) {
            if (known.add(each.number())) {
                Path name = Path.of(String.format("container-%08x", each.number()));
                try (ContainerReader reader = ContainerReader.open(archiving.open(each.number()), name, keys)) {
                    numbers.put(reader.header().uuid(), each.number());
                } catch (IOException e) {
                    // Damaged: it is not uploaded either.
                    warnings.accept(String.valueOf(e.getMessage()));
                }
            }
        }
        return numbers;
    }

    private int noteContainers(
            Root root, Map<UUID, Integer> numbers, Map<String, StorageClass> classes, Archiving archiving)
            throws IOException {
        Parts parts = new Parts(store, keys);
        Set<Integer> gone = parts.gone(root.segments());
        Set<UUID> seen = new HashSet<>();
        for (Root.Part part : root.segments().reversed()) {
            try {
                parts.each(ObjectKind.SEGMENT, part, new Publication.Visit() {
                    @Override
                    public void container(VaultContainer container) throws IOException {
                        if (!gone.contains(container.ordinal()) && seen.add(container.id())) {
                            note(container, numbers.get(container.id()), classes, root.sequence(), archiving);
                        }
                    }
                });
            } catch (IOException e) {
                if (!Parts.damaged(e)) {
                    throw e;
                }
                warnings.accept("a segment is missing or damaged; the upload finds its objects where they are: "
                        + e.getMessage());
            }
        }
        return seen.size();
    }

    /** The vault keeps what its own snapshots need, even where this appliance does not have it. */
    private void note(
            VaultContainer container,
            @Nullable Integer here,
            Map<String, StorageClass> classes,
            long sequence,
            Archiving archiving)
            throws IOException {
        StorageClass kept = classes.get(ObjectKind.CONTAINER.key(container.id()));
        if (kept == null) {
            warnings.accept("object " + ObjectKind.CONTAINER.key(container.id()) + " is missing in " + store.url());
        }
        Optional<StoredContainer> noted = journal.containers().find(container.id());
        int number = here != null ? here : noted.isPresent() ? noted.get().number() : archiving.newNumber();
        journal.inTransaction(() -> {
            journal.containers().stored(container.stored(number));
            journal.containers()
                    .storedIn(
                            container.id(),
                            kept == null ? StorageClass.STANDARD : kept,
                            container.hasData(),
                            System.currentTimeMillis());
            journal.containers().published(container.id(), container.ordinal(), sequence);
            if (here == null) {
                journal.containers().dropped(number);
            }
        });
    }
}
