package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.server.vault.Vaults;
import dev.holdfast.store.Store;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "rebuild-index",
        mixinStandardHelpOptions = true,
        description = {
            "Throws the index away and makes it anew from containers and manifests.",
            "Cut off, it goes on where it stood when it is run again. The appliance must not be running."
        })
final class RebuildIndexCommand implements Callable<Integer> {
    @Mixin
    private final DataOption data = new DataOption();

    @Mixin
    private final CredentialOptions credentials = new CredentialOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        var err = spec.commandLine().getErr();
        DataDirectory directory = data.open();
        long began = System.nanoTime();
        try (AutoCloseable lock = directory.lock();
                Credential credential = credentials.read(directory);
                VaultKeys vault = directory.keyring().unlock(credential)) {
            Objects.requireNonNull(lock);
            // Only once the vault is open, so that a wrong passphrase costs nothing.
            Store.discardIndex(directory.storeConfig());
            try (ControlDb control = new ControlDb(directory.controlDb());
                    // Evicted containers are read from where they are.
                    Vaults vaults = Vaults.open(directory.root(), control, vault);
                    Store store = new Store(
                            directory.storeConfig(), vault, new LocalDisk(), vaults.archive(), Output.recovery(err))) {
                out.printf(
                        "Index rebuilt in %.1f s: %d chunks, %d snapshots, %s in containers%n",
                        (System.nanoTime() - began) / 1e9,
                        store.chunks(),
                        store.manifests().list().size(),
                        Output.bytes(store.usedBytes()));
            }
        }
        return ExitCode.OK;
    }
}
