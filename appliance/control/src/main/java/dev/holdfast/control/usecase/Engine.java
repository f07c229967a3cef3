package dev.holdfast.control.usecase;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.instant.InstantService;
import dev.holdfast.control.plan.FolderQuestions;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.Store;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.volume.Room;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What use cases need of the engine below the control plane. A running appliance has all of it open; without one, what is on
 * disk tells most, and the store is opened when something needs it. Safe for use by several threads.
 */
public interface Engine {
    /** Whether this is the running appliance. */
    boolean running();

    /** The appliance's data directory. */
    DataDirectory directory();

    /**
     * The keys of the store and the control database, which the engine closes.
     *
     * @throws IOException where they cannot be opened with what was given
     */
    VaultKeys keys() throws IOException;

    HardwareProfile profile();

    /**
     * Changes settings in the data directory while no other process can.
     *
     * @throws UseCaseException where another process uses the data directory
     */
    <T> T changing(Refusals.Work<T> change) throws IOException;

    /**
     * Changes the configuration of a vault while nobody uses it; the appliance goes by it from then on.
     *
     * @throws UseCaseException where the vault is in use and that does not end soon; then nothing was changed
     */
    <T> T withoutVault(String name, Refusals.Work<T> change) throws IOException;

    /** The volumes in the data directory's settings count from now on. */
    void volumesChanged() throws IOException;

    /** What is wrong with volumes that are missing, by their numbers. */
    Map<Integer, Phrase> missingVolumes() throws IOException;

    /** All snapshots, the oldest first. */
    List<KnownSnapshot> snapshots() throws IOException;

    /** The snapshots of a node, the oldest first. */
    List<KnownSnapshot> snapshots(int node) throws IOException;

    Optional<KnownSnapshot> snapshot(UUID id) throws IOException;

    long countSnapshots() throws IOException;

    /** The vaults that have a snapshot, by name; snapshots that are in none are left out. */
    Map<UUID, List<String>> offsite() throws IOException;

    /** How the first vault keeps a container; empty where it does not have it. */
    Optional<StorageClass> vaultClass(int container) throws IOException;

    /** ms since 1970 by the clock of locks. */
    long lockClock() throws IOException;

    Room room() throws IOException;

    /** An estimate. */
    long chunks() throws IOException;

    /** The nodes whose services hold a connection. */
    Set<Integer> connected();

    /**
     * The questions to services of nodes.
     *
     * @throws UseCaseException where no appliance runs
     */
    FolderQuestions folders() throws IOException;

    /**
     * The store, which the engine closes.
     *
     * @throws IOException where it cannot be opened beside another process
     */
    Store store() throws IOException;

    /** @throws UseCaseException where no appliance runs, or one that is only read */
    InstantService instant() throws IOException;

    /** @throws UseCaseException where no appliance runs */
    RetentionService retention() throws IOException;
}
