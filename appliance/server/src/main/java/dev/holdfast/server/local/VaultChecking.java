package dev.holdfast.server.local;

import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.vault.Prices;
import dev.holdfast.control.vault.VaultAddress;
import dev.holdfast.control.vault.VaultCredentials;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.server.Progress;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.check.VaultRepair;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Checks every object of a vault, with or without an appliance, and stores again what is damaged or missing. */
public final class VaultChecking {
    private final VaultAddress address;
    private final @Nullable VaultCredentials credentials;
    private final Progress progress;

    /** @param credentials null for a directory */
    public VaultChecking(VaultAddress address, @Nullable VaultCredentials credentials, Progress progress) {
        this.address = address;
        this.credentials = credentials;
        this.progress = progress;
    }

    /**
     * What is wanted.
     *
     * @param readCharged reads also what the service charges reading of
     * @param readData decrypts and rehashes every chunk; needs {@code recoveryKey}
     * @param recoveryKey file with the printed recovery key; null to compare hashes only
     * @param repairFrom data directory of the appliance whose copies mend what is damaged; null for no repair
     */
    public record Wanted(
            boolean readCharged,
            boolean readData,
            @Nullable Path recoveryKey,
            @Nullable Path repairFrom) {}

    /** A problem with one object. */
    public record Finding(String key, String damage, byte[] hash) {
        @Override
        public String toString() {
            return key + ": " + damage;
        }
    }

    /**
     * What a check found; after a repair, what is still damaged.
     *
     * @param root whose objects were verified: the newest that can be read
     * @param bytes that were read
     * @param frozen objects that are there, have the right size, and were not read since they would have to thaw
     * @param charged as {@code frozen}, not read since that is charged, and {@code chargedBytes} of them
     * @param unknown objects that no root lists
     * @param chunks that were decrypted and rehashed
     */
    public record Report(
            long root,
            long objects,
            long bytes,
            long chunks,
            long frozen,
            long charged,
            long chargedBytes,
            long unknown,
            List<Finding> findings) {
        private static Report of(VaultCheck.Report it) {
            return new Report(
                    it.root(),
                    it.objects(),
                    it.bytes(),
                    it.chunks(),
                    it.frozen(),
                    it.charged(),
                    it.chargedBytes(),
                    it.unknown(),
                    it.findings().stream()
                            .map(each -> new Finding(each.key(), each.damage(), each.hash()))
                            .toList());
        }

        /** What reading of the objects costs that were not read since it is charged, by list prices. */
        public String chargedCost() {
            return Prices.DEFAULT.text(Prices.DEFAULT.reading(StorageClass.INFREQUENT, chargedBytes));
        }
    }

    /**
     * The end of a check.
     *
     * @param repaired objects that were stored again and checked
     * @param lost small objects of which no copy is whole; the appliance makes them anew with its next upload
     */
    public record Checked(Report report, int repaired, int lost) {}

    public Checked check(Actor actor, Wanted wanted) throws IOException {
        if ((wanted.readData || wanted.repairFrom != null) && wanted.recoveryKey == null) {
            throw new IllegalArgumentException("--read-data and --repair-from need --recovery-key-file");
        }
        VaultSettings settings = address.settings(VaultPolicy.READ_ONLY);
        return Refusals.told(() -> {
            try (ObjectStore store =
                    settings.openExisting(settings.oss() == null || credentials == null ? null : credentials.oss())) {
                VaultCheck check = new VaultCheck(store, progress::step, wanted.readCharged || settings.oss() == null);
                return wanted.recoveryKey == null
                        ? new Checked(Report.of(check.run()), 0, 0)
                        : check(actor, store, check, wanted, wanted.recoveryKey);
            }
        });
    }

    private Checked check(Actor actor, ObjectStore store, VaultCheck check, Wanted wanted, Path recoveryKey)
            throws IOException {
        try (Credential credential = CredentialFiles.recoveryKey(recoveryKey)) {
            VaultCheck.Report report = check.run(credential, wanted.readData);
            if (wanted.repairFrom == null || report.findings().isEmpty()) {
                return new Checked(Report.of(report), 0, 0);
            }
            DataDirectory directory = DataDirectory.open(wanted.repairFrom);
            VaultRepair.Result result = repair(actor, directory, store, credential, report, wanted.readCharged);
            return new Checked(
                    Report.of(check.again(credential, wanted.readData)),
                    result.repaired().size(),
                    result.lost().size());
        }
    }

    private VaultRepair.Result repair(
            Actor actor,
            DataDirectory directory,
            ObjectStore store,
            Credential credential,
            VaultCheck.Report report,
            boolean readCharged)
            throws IOException {
        List<ObjectStore> others = new ArrayList<>();
        try (VaultKeys keys = directory.keyring().unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb());
                LocalCopies copies = new LocalCopies(directory)) {
            boolean first = false;
            Optional<VaultRow> own = Optional.empty();
            for (VaultRow row : control.vaults().list()) {
                if (!VaultSettings.parse(row.settings()).url().equals(store.url())) {
                    others.add(VaultRegistry.objects(control, row.name(), keys));
                } else {
                    first = row.name().equals(VaultRegistry.FIRST);
                    own = Optional.of(row);
                }
            }
            byte[] known = first ? copies.journal().root() : null;
            try (KeptClasses classes = KeptClasses.of(directory, own)) {
                VaultRepair.Result result = new VaultRepair(store, keys, copies, others, classes, readCharged)
                        .repair(report, known, progress::warning);
                if (first && !result.lost().isEmpty()) {
                    copies.journal().clearState(Publication.UPKEEP);
                }
                control.audit()
                        .append(
                                actor.text(),
                                "vault repair",
                                store.url(),
                                result.repaired().size() + " objects");
                return result;
            }
        } finally {
            for (ObjectStore each : others) {
                each.close();
            }
        }
    }
}
