package dev.holdfast.vault.recover;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.vault.format.DamagedRootException;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.Roots;
import dev.holdfast.vault.format.SealedReader;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Makes an appliance of a vault, with the recovery key alone: opens the newest root, takes the vault over, and brings
 * back snapshots and index. What was done is not done again after an interruption.
 */
public final class VaultRecovery {
    private static final System.Logger LOG = System.getLogger(VaultRecovery.class.getName());

    private final ObjectStore store;
    private final Root.Read read;
    private final VaultKeys keys;
    private final VaultCatalogue catalogue;
    /** Sequence of the newest root; differs from {@link #read} where newer roots are damaged. */
    private final long newest;

    private final Consumer<String> warnings;

    /** Receives progress. */
    public interface Progress {
        void step(String what, long done, long total);
    }

    private VaultRecovery(ObjectStore store, Root.Read read, VaultKeys keys, long newest, Consumer<String> warnings) {
        this.store = store;
        this.read = read;
        this.keys = keys;
        this.newest = newest;
        this.warnings = warnings;
        this.catalogue = new VaultCatalogue(store, keys, read.root(), warnings);
    }

    /**
     * Opens a vault.
     *
     * @param credential the recovery key
     * @param leastSequence from a recovery sheet or a status: an older root is refused; 0 where none is known. Where
     *     the newest root is damaged, the newest whole one from this on is used
     * @param warnings receives what is missing or damaged but not essential
     * @throws IOException with different messages for a vault that is empty, damaged, newer, forged or rolled back, and
     *     for a wrong key
     */
    public static VaultRecovery open(
            ObjectStore store, Credential credential, long leastSequence, Consumer<String> warnings)
            throws IOException {
        Root.Read read;
        long newest;
        try {
            read = Roots.newest(store, 0, each -> opens(each, credential))
                    .orElseThrow(() -> new IOException(
                            store.url() + " contains no published vault; check the bucket and the prefix"));
            newest = read.root().sequence();
        } catch (DamagedRootException e) {
            read = e.older()
                    .filter(each -> leastSequence > 0 && each.root().sequence() >= leastSequence)
                    .orElseThrow(() -> e);
            newest = e.sequence();
            warnings.accept(e.getMessage());
        }
        Root root = read.root();
        VaultKeys keys = root.keyring().unlock(credential);
        try {
            read.requireSignedBy(keys);
            if (!keys.id().equals(root.vault())) {
                throw FormatException.corrupt("root " + root.sequence() + " carries the keys of another vault");
            }
            if (root.sequence() < leastSequence) {
                throw FormatException.corrupt(store.url() + " was set back: its newest root is " + root.sequence()
                        + ", and there was a root " + leastSequence);
            }
            return new VaultRecovery(store, read, keys, newest, warnings);
        } catch (IOException | RuntimeException e) {
            keys.close();
            throw e;
        }
    }

    /** As above, with warnings in the log. */
    public static VaultRecovery open(ObjectStore store, Credential credential, long leastSequence) throws IOException {
        return open(store, credential, leastSequence, VaultRecovery::log);
    }

    private static void log(String warning) {
        LOG.log(System.Logger.Level.WARNING, warning);
    }

    private static boolean opens(Root.Read read, Credential credential) {
        try (VaultKeys keys = read.root().keyring().unlock(credential)) {
            return read.signedBy(keys) && keys.id().equals(read.root().vault());
        } catch (IOException e) {
            return false;
        }
    }

    /** Resumes a recovery: reads the root that was taken over from the journal, with keys that are already open. */
    public static VaultRecovery rest(ObjectStore store, VaultKeys keys, Journal journal, Consumer<String> warnings)
            throws IOException {
        byte[] root = journal.root();
        if (root == null) {
            throw new IOException(
                    "a recovery from " + store.url() + " was started but never took over the vault; run recover again");
        }
        long sequence = Publication.sequenceOf(root);
        return new VaultRecovery(store, Root.parse(root, sequence), keys, sequence, warnings);
    }

    /** As {@link #rest}, from the newest root of whoever writes to the vault, which is noted as known. */
    public static VaultRecovery newest(ObjectStore store, VaultKeys keys, Journal journal, Consumer<String> warnings)
            throws IOException {
        Root.Read newest =
                Roots.newest(store).orElseThrow(() -> new IOException(store.url() + " no longer contains a vault"));
        newest.requireSignedBy(keys);
        VaultRecovery recovery = of(store, keys, newest, warnings);
        recovery.onlyRead(journal);
        return recovery;
    }

    /** Recovers from the vault's newest root, which was read before, with keys that are already open. */
    static VaultRecovery of(ObjectStore store, VaultKeys keys, Root.Read newest, Consumer<String> warnings) {
        return new VaultRecovery(store, newest, keys, newest.root().sequence(), warnings);
    }

    public Root root() {
        return read.root();
    }

    /** The vault's keys; closed by the caller. */
    public VaultKeys keys() {
        return keys;
    }

    /** The control data of the lost appliance: those of an older root where both copies of the newest are damaged. */
    public byte[] control() throws IOException {
        UUID control = root().control();
        if (control == null) {
            throw new IOException("the vault has no control data");
        }
        try {
            return control(control);
        } catch (IOException e) {
            if (!Parts.damaged(e)) {
                throw e;
            }
            List<Root.Read> older = Roots.all(store);
            for (Root.Read each : older.reversed()) {
                UUID other = each.root().control();
                if (each.root().sequence() < root().sequence() && each.signedBy(keys) && other != null) {
                    try {
                        byte[] found = control(other);
                        warnings.accept("the control data of root " + root().sequence() + " are missing or damaged ("
                                + e.getMessage() + "). Those of root "
                                + each.root().sequence() + ", of "
                                + Instant.ofEpochMilli(each.root().written())
                                + ", are used: nodes, plans and policies that were changed after it are as they were"
                                + " then");
                        return found;
                    } catch (IOException also) {
                        e.addSuppressed(also);
                    }
                }
            }
            throw e;
        }
    }

    private byte[] control(UUID id) throws IOException {
        SealedReader reader = SealedReader.open(store, keys, ObjectKind.CONTROL, id);
        return reader.read(0, (int) reader.length());
    }

    /**
     * Takes the vault over: from now on whoever wrote to it finds a higher epoch and stops. Noted in the journal, so
     * that a second call does nothing.
     */
    public Root takeOver(Journal journal) throws IOException {
        UUID writer = journal.state("writer").map(UUID::fromString).orElseGet(UUID::randomUUID);
        journal.setState("writer", writer.toString());
        if (root().writer().equals(writer)) {
            // Done before, maybe cut off before it was noted; what was published since is for the writer to learn.
            if (journal.root() == null) {
                journal.setRoot(Roots.encoded(store, read));
            }
            return root();
        }
        Root mine = root().next(newest + 1, read.hash(), writer, root().epoch() + 1, System.currentTimeMillis());
        byte[] encoded = mine.encode(keys);
        Roots.create(store, mine.sequence(), encoded);
        journal.inTransaction(() -> {
            journal.setRoot(encoded);
            // An appliance that was recovered before, or fenced off, has more to learn.
            journal.clearState("recovered");
        });
        return mine;
    }

    /** Notes a root as known without taking the vault over: for an appliance that only reads. */
    public void onlyRead(Journal journal) throws IOException {
        journal.setRoot(Roots.encoded(store, read));
    }

    /** All snapshots of the vault, by id, in the order in which they were uploaded. */
    public Map<UUID, ListedSnapshot> snapshots() throws IOException {
        return catalogue.snapshots();
    }

    /**
     * The containers that a snapshot needs, by ordinal. Where the catalogue that tells them may be lost, all count;
     * none where the vault does not list the snapshot.
     */
    public BitSet containersOf(UUID snapshot) throws IOException {
        return catalogue.containersOf(snapshot);
    }

    private ContainerRecovery containers(Journal journal, Archiving archiving) {
        return new ContainerRecovery(store, keys, root(), catalogue, warnings, journal, archiving);
    }

    private ManifestRecovery manifests(Journal journal, Manifests manifests) {
        return new ManifestRecovery(store, keys, root(), catalogue, journal, manifests);
    }

    /** Enters all containers that are not known yet, the newest segments first. */
    public void fillIndex(Journal journal, Archiving archiving, Progress progress) throws IOException {
        containers(journal, archiving).fill(progress);
    }

    /**
     * Enters the containers of one snapshot ahead of all others, so that it can be restored while the rest is still to
     * come: a few by their own trailers, at two requests each, many by the segments that list them.
     */
    public void prepare(UUID snapshot, Journal journal, Archiving archiving) throws IOException {
        containers(journal, archiving).prepare(snapshot);
    }

    /**
     * Brings all snapshots back, with their manifests.
     *
     * @return the snapshots whose manifests are not in the vault any more, or damaged: the others come back without
     *     them
     */
    public List<UUID> fillManifests(Journal journal, Manifests manifests, Progress progress) throws IOException {
        List<UUID> lost = new ArrayList<>(list(snapshots().values(), journal, manifests));
        lost.addAll(bring(journal, manifests, Long.MAX_VALUE, progress));
        return lost;
    }

    /**
     * Enters snapshots of the vault, which are listed from then on. Their manifests follow by {@link #bring}, or when
     * one is wanted.
     *
     * @return the snapshots whose manifests are not in the vault any more, or of another length than they were: the
     *     others come back without them
     */
    public List<UUID> list(Collection<ListedSnapshot> snapshots, Journal journal, Manifests manifests)
            throws IOException {
        return manifests(journal, manifests).list(snapshots);
    }

    /** Enters a single snapshot, without checking that its manifest is there: that shows when it is brought. */
    public void list(ListedSnapshot snapshot, Journal journal, Manifests manifests) throws IOException {
        manifests(journal, manifests).enter(List.of(snapshot));
    }

    /**
     * Brings manifests that are not here yet, the newest first.
     *
     * @param most how many of them
     * @return the snapshots whose manifests are missing or damaged: they are listed no more
     */
    public List<UUID> bring(Journal journal, Manifests manifests, long most, Progress progress) throws IOException {
        return manifests(journal, manifests).bring(most, progress);
    }
}
