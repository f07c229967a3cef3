package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultSetup;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the appliance says of a vault right after a backup. */
class VaultStateTest {
    private static final VaultPolicy MANUALLY = VaultPolicy.DEFAULT.uploading(VaultPolicy.When.MANUALLY);

    @TempDir
    private Path work;

    private void setVault(DataDirectory directory) throws Exception {
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                VaultKeys keys = directory.keyring().unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb())) {
            new VaultSetup(directory.root(), control, keys, LocalCopies.onVolumes(directory))
                    .set(
                            VaultRegistry.FIRST,
                            new VaultSettings(work.resolve("vault").toString(), null, MANUALLY),
                            null,
                            false);
        }
    }

    @Test
    void snapshotIsBehindFromItsAcknowledgementOn() throws Exception {
        Path source = Files.createDirectory(work.resolve("source"));
        try (InProcess appliance = new InProcess(work, this::setVault);
                ControlDb control = new ControlDb(work.resolve("data/control.db"))) {
            for (int i = 1; i <= 4; i++) {
                Files.writeString(source.resolve("file" + i), "content " + i);
                appliance.backup(Platform.current(), TreePath.parse(source.toString()));
                VaultState state = VaultState.all(control, true).getFirst();
                if (state.counted()) {
                    assertThat(state.snapshotsBehind()).isEqualTo(i);
                    assertThat(state.backlogBytes()).isPositive();
                    assertThat(state.nodes()).singleElement().satisfies(node -> {
                        assertThat(node.snapshots()).isEqualTo(node.behind());
                        assertThat(node.offsite()).isZero();
                    });
                } else {
                    // The appliance has just started: it says that it does not know.
                    assertThat(state.snapshotsBehind()).isZero();
                }
            }
        }
    }
}
