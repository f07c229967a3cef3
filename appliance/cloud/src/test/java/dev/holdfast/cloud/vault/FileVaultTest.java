package dev.holdfast.cloud.vault;

import dev.holdfast.cloud.file.FileObjectStore;
import dev.holdfast.cloud.object.ObjectStore;

class FileVaultTest extends VaultContract {
    @Override
    protected ObjectStore create() throws Exception {
        return new FileObjectStore(directory.resolve("vault"));
    }
}
