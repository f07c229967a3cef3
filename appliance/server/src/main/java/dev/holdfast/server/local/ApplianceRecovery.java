package dev.holdfast.server.local;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.vault.VaultAddress;
import dev.holdfast.control.vault.VaultCredentials;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.server.Progress;
import dev.holdfast.server.vault.RecoveredData;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.DamagedRootException;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.recover.VaultRecovery;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes an appliance of a vault, after the loss of the one that wrote it; with the bucket and the recovery key alone. */
public final class ApplianceRecovery {
    private final VaultAddress address;
    private final @Nullable VaultCredentials credentials;
    private final Path recoveryKey;
    private final long leastRoot;

    /**
     * Of a vault.
     *
     * @param credentials null for a directory
     * @param recoveryKey file with the printed recovery key
     * @param leastRoot the oldest root that will do; 0 where none is known
     */
    public ApplianceRecovery(
            VaultAddress address, @Nullable VaultCredentials credentials, Path recoveryKey, long leastRoot) {
        this.address = address;
        this.credentials = credentials;
        this.recoveryKey = recoveryKey;
        this.leastRoot = leastRoot;
    }

    /** A snapshot in the vault. */
    public record Snapshot(String id, String node, Instant committed, List<String> sources, long files, long bytes) {}

    /**
     * What is in the vault.
     *
     * @param root the newest that can be read, and {@code written} when
     */
    public record Content(long root, Instant written, List<Snapshot> snapshots) {}

    /**
     * What the new appliance shall be.
     *
     * @param profile its hardware profile; null for that of the lost appliance
     * @param volumes empty for one inside the data directory
     * @param readOnly leaves the vault as it is
     * @param only the one snapshot that is brought back, null for all; an id, the beginning of one, or {@code latest}
     * @param node with {@code only}: whose; null for any
     */
    public record Wanted(
            Path data,
            @Nullable String profile,
            List<Path> volumes,
            boolean readOnly,
            @Nullable String only,
            @Nullable String node) {}

    /**
     * A recovered appliance.
     *
     * @param vaults what became of other vaults that the lost appliance had, in words
     * @param manifestsToCome snapshots whose lists of files follow while the appliance runs, or when one is restored
     * @param snapshot the one that was wanted
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Recovered(
            List<String> vaults,
            long snapshots,
            int manifestsToCome,
            long root,
            int nodes,
            String data,
            @Nullable String snapshot,
            @Nullable String node) {}

    private interface Work<T> {
        T run(VaultRecovery recovery, Credential credential, VaultSettings settings, @Nullable OssCredentials keys)
                throws IOException;
    }

    /** Lists what is in the vault; changes nothing. */
    public Content list(Consumer<String> warnings) throws IOException {
        return open(VaultPolicy.READ_ONLY, warnings, (recovery, credential, settings, keys) -> {
            List<Snapshot> rows = new ArrayList<>();
            for (ListedSnapshot each : recovery.snapshots().values()) {
                SnapshotSummary summary = SnapshotSummary.parse(each.snapshot().summary());
                rows.add(new Snapshot(
                        each.snapshot().id().toString(),
                        each.snapshot().nodeName(),
                        Instant.ofEpochMilli(each.snapshot().committed()),
                        summary.sources().stream().map(Object::toString).toList(),
                        summary.counts().files(),
                        summary.counts().bytes()));
            }
            return new Content(
                    recovery.root().sequence(),
                    Instant.ofEpochMilli(recovery.root().written()),
                    rows);
        });
    }

    /**
     * Makes the appliance, or resumes what was cut off.
     *
     * @param progress told how far it is
     * @param warnings told what does not come back, and what else is to be known
     */
    public Recovered recover(Wanted wanted, Progress progress, Consumer<String> warnings) throws IOException {
        VaultPolicy policy = wanted.readOnly ? VaultPolicy.READ_ONLY : VaultPolicy.DEFAULT;
        return open(policy, warnings, (recovery, credential, settings, keys) -> {
            ListedSnapshot only =
                    wanted.only == null ? null : VaultSnapshots.of(recovery).find(wanted.only, wanted.node);
            RecoveredData.Recovered made = RecoveredData.make(
                    new RecoveredData.Place(wanted.data, wanted.profile, wanted.volumes),
                    recovery,
                    only,
                    credential,
                    settings,
                    keys,
                    progress.ofStore(),
                    warnings);
            ApplianceSetup.warningOfRoom(DataDirectory.open(wanted.data)).ifPresent(progress::warning);
            return new Recovered(
                    made.vaults(),
                    made.snapshots(),
                    made.manifestsToCome(),
                    made.root(),
                    made.nodes(),
                    wanted.data.toString(),
                    only == null ? null : only.snapshot().id().toString(),
                    only == null ? null : only.snapshot().nodeName());
        });
    }

    private <T> T open(VaultPolicy policy, Consumer<String> warnings, Work<T> work) throws IOException {
        VaultSettings settings = address.settings(policy);
        OssCredentials keys = settings.oss() == null || credentials == null ? null : credentials.oss();
        return Refusals.told(() -> {
            try (Credential credential = CredentialFiles.recoveryKey(recoveryKey);
                    ObjectStore store = settings.openExisting(keys)) {
                VaultRecovery recovery = open(store, credential, warnings);
                try (VaultKeys _ = recovery.keys()) {
                    return work.run(recovery, credential, settings, keys);
                }
            }
        });
    }

    private VaultRecovery open(ObjectStore store, Credential credential, Consumer<String> warnings) throws IOException {
        try {
            return VaultRecovery.open(store, credential, leastRoot, warnings);
        } catch (DamagedRootException e) {
            String next = e.older()
                    .map(each -> ". To use it, repeat this with --root "
                            + each.root().sequence()
                            + "; if the old appliance still runs, its next upload stores the newest root again instead")
                    .orElse("");
            throw FormatException.corrupt(e.getMessage() + next);
        }
    }
}
