package dev.holdfast.control.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.Probe;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.recover.Adoption;
import dev.holdfast.vault.upload.Tenancy;
import dev.holdfast.vault.upload.VaultRefusedException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Sets and removes vaults: every setting is tried against its place before it is stored, and each place has a journal of its
 * own, so that what is in one vault never counts as being in another. A journal whose place is not set any more is put aside
 * as {@code left-N.db} and comes back with its place.
 */
public final class VaultSetup {
    /** State in the journal: another value each time that the vault is set. */
    private static final String SETTING = "setting";

    private final Path data;
    private final ControlDb control;
    private final VaultKeys keys;
    private final IntPredicate onVolume;
    private final @Nullable DirectoryGuard guard;

    /** What the place is to this appliance. */
    public enum Place {
        /** Nothing is there yet. */
        EMPTY,
        /** A vault that this appliance wrote. */
        OWN,
        /** A vault that an appliance with the same keys wrote, such as the one that was lost; it is taken over. */
        LEFT
    }

    /**
     * A place that was tried.
     *
     * @param root the newest, 0 for none
     * @param locks whether the place keeps locked snapshots from being deleted by itself
     */
    public record Tried(Place place, long root, boolean locks) {}

    /**
     * @param data the data directory
     * @param onVolume whether a container is on a volume, by its number
     */
    public VaultSetup(Path data, ControlDb control, VaultKeys keys, IntPredicate onVolume) {
        this(data, control, keys, onVolume, null);
    }

    private VaultSetup(
            Path data, ControlDb control, VaultKeys keys, IntPredicate onVolume, @Nullable DirectoryGuard guard) {
        this.data = data;
        this.control = control;
        this.keys = keys;
        this.onVolume = onVolume;
        this.guard = guard;
    }

    /**
     * The same for a call over the network, which may not have directories made, or used that hold something else.
     *
     * @param own directories of the appliance itself
     */
    public VaultSetup overNetwork(List<Path> own) {
        return new VaultSetup(data, control, keys, onVolume, new DirectoryGuard(own));
    }

    /**
     * Tries a vault's settings and stores them.
     *
     * @param given credentials; null for those that are stored already, or none
     * @param dryRun only try them
     * @throws VaultRefusedException where another appliance owns the place, or it is not as this appliance left it
     * @throws IllegalArgumentException where the settings cannot be meant
     */
    public Tried set(String name, VaultSettings settings, @Nullable OssCredentials given, boolean dryRun)
            throws IOException {
        settings.policy().check(name);
        String url = settings.url();
        @Nullable OssCredentials credentials = permitted(name, settings, given);
        if (guard != null && settings.file() != null) {
            guard.require(Path.of(settings.file()));
        }
        Path directory = data.resolve("vault");
        AtomicFile.createDirectory(directory);
        Path own = VaultData.journal(data, name);
        Path draft = directory.resolve("new-" + name + ".draft");
        Files.deleteIfExists(draft);
        Path known = known(own, url).orElse(draft);
        boolean moves = !known.equals(own) && Files.exists(own) && !placeOf(own).isEmpty();
        if (moves && control.vaults().find(name).isPresent()) {
            // A running appliance may have the journal open.
            throw new PhrasedArgumentException(
                    Phrase.of("vault.set-elsewhere").with("url", placeOf(own)).with("command", unsetCommand(name)));
        }
        try {
            Tried tried;
            try (ObjectStore store = settings.open(credentials);
                    Journal journal = new Journal(known)) {
                // Reaches it, signs right, may list: better now than in the night.
                store.list(Root.PREFIX, "", 1);
                Tried found = tried(name, store, journal);
                if (moves && name.equals(VaultRegistry.FIRST)) {
                    requireNothingAlone(own, journal, url);
                }
                tried = new Tried(found.place, found.root, Probe.of(store).locks());
                if (dryRun) {
                    return tried;
                }
                if (!known.equals(own) && !known.equals(draft)) {
                    forgetCollected(journal, moves && name.equals(VaultRegistry.FIRST) ? own : VaultData.journal(data));
                }
                journal.setState("url", url);
                journal.setState(SETTING, UUID.randomUUID().toString());
                if (tried.place == Place.LEFT) {
                    Adoption.order(journal);
                }
            }
            if (!known.equals(own)) {
                take(known, own, moves);
                control.status().clear(name + ".");
            }
            if (settings.oss() != null && VaultStatus.refused(control, name)) {
                // Uploads that are requested from now on wait for the outcome with these credentials.
                control.status().clear(name + ".");
            }
            control.vaults().put(name, settings.json(), Credentials.seal(keys, credentials));
            return tried;
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** Refuses names and places that other vaults have; returns the credentials to use. */
    private @Nullable OssCredentials permitted(String name, VaultSettings settings, @Nullable OssCredentials given)
            throws IOException {
        if (!name.equals(VaultRegistry.FIRST)
                && control.vaults().find(VaultRegistry.FIRST).isEmpty()) {
            throw new PhrasedArgumentException(Phrase.of("vault.copy-of-none").with("vault", name));
        }
        @Nullable OssCredentials credentials = given;
        String url = settings.url();
        for (VaultRow row : control.vaults().list()) {
            String there = VaultSettings.readable(row.settings()).url();
            if (row.name().equals(name)) {
                if (!VaultSettings.samePlace(there, url)) {
                    throw new PhrasedArgumentException(
                            Phrase.of("vault.set-elsewhere").with("url", there).with("command", unsetCommand(name)));
                }
                credentials = given == null && settings.oss() != null ? Credentials.open(keys, row) : given;
            } else if (VaultSettings.samePlace(there, url)) {
                throw new PhrasedArgumentException(
                        Phrase.of("vault.set-already").with("url", there).with("vault", row.name()));
            }
        }
        return credentials;
    }

    private Tried tried(String name, ObjectStore store, Journal journal) throws IOException {
        Tenancy.Finding found = new Tenancy(store, keys, journal).look();
        Root.Read newest = found.newest();
        if (newest == null) {
            return new Tried(Place.EMPTY, 0, false);
        }
        Root root = newest.root();
        if (found.kind() == Tenancy.Kind.OWN) {
            return new Tried(Place.OWN, root.sequence(), false);
        }
        for (VaultRow row : control.vaults().list()) {
            Path file = VaultData.journal(data, row.name());
            if (!row.name().equals(name) && Files.exists(file)) {
                try (Journal other = new Journal(file)) {
                    if (other.state("writer").equals(Optional.of(root.writer().toString()))) {
                        throw new PhrasedArgumentException(Phrase.of("vault.set-by-another-name")
                                .with("url", store.url())
                                .with("vault", row.name()));
                    }
                }
            }
        }
        return new Tried(Place.LEFT, root.sequence(), false);
    }

    /** The journal that belongs to a place: under the vault's own name, or one put aside. */
    private Optional<Path> known(Path own, String url) throws IOException {
        if (Files.exists(own)) {
            String place = placeOf(own);
            if (place.isEmpty() || VaultSettings.samePlace(place, url)) {
                return Optional.of(own);
            }
        }
        Set<Path> used = new HashSet<>();
        for (VaultRow row : control.vaults().list()) {
            used.add(VaultData.journal(data, row.name()));
        }
        for (Path each : journals()) {
            if (!used.contains(each) && !each.equals(own) && VaultSettings.samePlace(placeOf(each), url)) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    private List<Path> journals() throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(data.resolve("vault"), "*.db")) {
            files.forEach(found::add);
        }
        return found;
    }

    /** Empty for a journal that was never used. */
    private static String placeOf(Path file) throws IOException {
        try (Journal journal = new Journal(file)) {
            return journal.state("url").orElse("");
        }
    }

    /** The journal of the place becomes that of the vault. */
    private void take(Path known, Path own, boolean moves) throws IOException {
        VaultData.NAMES.lock();
        try {
            requireClosed(known);
            if (moves) {
                requireClosed(own);
                putAside(own);
            }
            Files.move(known, own, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            VaultData.NAMES.unlock();
        }
    }

    /** The last who closes a journal leaves nothing beside it: another process may have it open. */
    private static void requireClosed(Path journal) {
        if (Files.exists(journal.resolveSibling(journal.getFileName() + "-wal"))) {
            throw new PhrasedArgumentException(Phrase.of("vault.journal-in-use"));
        }
    }

    private String unsetCommand(String name) {
        return control.command(
                name.equals(VaultRegistry.FIRST)
                        ? new String[] {"vault", "unset"}
                        : new String[] {"vault", "unset", "--name", name});
    }

    private void putAside(Path journal) throws IOException {
        int number = 1;
        while (Files.exists(data.resolve("vault/left-" + number + ".db"))) {
            number++;
        }
        Files.move(journal, data.resolve("vault/left-" + number + ".db"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** What was evicted is nowhere but in the vault it was evicted to. */
    private void requireNothingAlone(Path leaving, Journal coming, String url) throws IOException {
        int count = 0;
        long bytes = 0;
        String place;
        try (Journal journal = new Journal(leaving)) {
            place = journal.state("url").orElse("");
            for (int number : journal.containers().numbers()) {
                StoredContainer container = journal.containers().find(number).orElseThrow();
                Optional<StoredContainer> there = coming.containers().find(number);
                boolean also = there.isPresent()
                        && there.get().ordinal() != null
                        && there.get().id().equals(container.id());
                if (!onVolume.test(number) && !also) {
                    count++;
                    bytes += container.bytes();
                }
            }
        }
        if (count > 0) {
            throw new PhrasedArgumentException(Phrase.of("vault.containers-only-there")
                    .with("count", count)
                    .with("bytes", bytes)
                    .with("place", place)
                    .with("command", control.command("vault", "set", place))
                    .with("url", url));
        }
    }

    /** While a journal lay aside, containers may have been collected. */
    private void forgetCollected(Journal journal, Path first) throws IOException {
        Set<Integer> evicted = new HashSet<>();
        if (Files.exists(first)) {
            try (Journal other = new Journal(first)) {
                evicted.addAll(other.containers().numbers());
            }
        }
        for (int number : journal.containers().numbers()) {
            if (!onVolume.test(number) && !evicted.contains(number)) {
                journal.containers().dropped(number);
            }
        }
    }

    /**
     * Uploads no more to a vault, which stays as it is.
     *
     * @return how many containers lie there alone; empty where there is no such vault
     */
    public static Optional<Integer> unset(Path data, ControlDb control, String name, IntPredicate onVolume)
            throws IOException {
        if (!control.vaults().remove(name)) {
            return Optional.empty();
        }
        control.status().clear(name + ".");
        return Optional.of(name.equals(VaultRegistry.FIRST) ? alone(data, onVolume).containers : 0);
    }

    /** Whether the appliance is still being recovered from its first vault. */
    public static boolean recovering(Path data) throws IOException {
        Path file = VaultData.journal(data);
        if (!Files.exists(file)) {
            return false;
        }
        try (Journal journal = new Journal(file)) {
            return recovering(journal);
        }
    }

    /** The same, by the vault's journal. */
    public static boolean recovering(Journal journal) throws IOException {
        return journal.state("recovering").isPresent()
                && journal.state("recovered").isEmpty();
    }

    /** Another text each time that the vault is set: whoever was refused there may try again. */
    public static String setting(Journal journal) throws IOException {
        return journal.state(SETTING).orElse("");
    }

    /** Containers, and their bytes. */
    public record Alone(int containers, long bytes) {}

    /** What lies in the first vault alone, since it was evicted. */
    public static Alone alone(Path data, IntPredicate onVolume) throws IOException {
        int containers = 0;
        long bytes = 0;
        Path file = VaultData.journal(data);
        if (Files.exists(file)) {
            try (Journal journal = new Journal(file)) {
                for (int number : journal.containers().numbers()) {
                    if (!onVolume.test(number)) {
                        containers++;
                        bytes += journal.containers()
                                .find(number)
                                .map(StoredContainer::bytes)
                                .orElse(0L);
                    }
                }
            }
        }
        return new Alone(containers, bytes);
    }
}
