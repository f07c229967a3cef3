package dev.holdfast.fuzz;

import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Containers of the golden vaults, of both versions: header, frames, trailer and footer, each as recovery, restore and check read them. */
public final class ContainerFuzz {
    private static final List<VaultKeys> VAULTS;
    private static final Path FILE;

    static {
        try {
            VAULTS = List.of(keys("v1"), keys("v3"));
            FILE = ScratchFile.create(".hfc");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ContainerFuzz() {}

    private static VaultKeys keys(String golden) throws IOException {
        return Keyring.read(Path.of(System.getProperty("holdfast.golden"), golden, "keyring.json"))
                .unlock(new Credential(Credential.Kind.KEY_FILE, new byte[32]));
    }

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        Files.write(FILE, data);
        for (VaultKeys vault : VAULTS) {
            read(vault);
        }
    }

    private static void read(VaultKeys vault) {
        try (ContainerReader reader = ContainerReader.open(new LocalDisk(), FILE, vault, false)) {
            try {
                for (FrameEntry entry : reader.readTrailer()) {
                    reader.readFrame(entry).unpack();
                }
            } catch (IOException e) {
                // Damaged, and said so.
            }
            for (FrameEntry entry : reader.scanFrames().frames()) {
                reader.readFrame(entry).unpack();
            }
            reader.verifyHash();
        } catch (IOException e) {
            // Damaged, and said so.
        }
    }
}
