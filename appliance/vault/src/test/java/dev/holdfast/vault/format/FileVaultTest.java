package dev.holdfast.vault.format;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.vault.file.FileObjectStore;
import dev.holdfast.vault.object.ObjectStore;

class FileVaultTest extends VaultContract {
    @Override
    protected ObjectStore create() throws Exception {
        return new FileObjectStore(directory.resolve("vault"));
    }

    @Override
    protected HashAlgorithm hash() {
        return HashAlgorithm.SHA_256;
    }
}
