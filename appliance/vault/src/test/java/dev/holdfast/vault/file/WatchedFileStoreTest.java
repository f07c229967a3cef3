package dev.holdfast.vault.file;

import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class WatchedFileStoreTest extends ObjectStoreContract {
    @TempDir
    Path directory;

    @Override
    protected ObjectStore create() throws Exception {
        return FileObjectStore.watched(directory.resolve("vault"));
    }
}
