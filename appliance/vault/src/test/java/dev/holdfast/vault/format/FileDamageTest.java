package dev.holdfast.vault.format;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.vault.file.FileObjectStore;
import dev.holdfast.vault.object.ObjectStore;
import java.nio.file.Path;

class FileDamageTest extends DamageMatrix {
    @Override
    ObjectStore create(Path at) throws Exception {
        return new FileObjectStore(at);
    }

    @Override
    HashAlgorithm hash() {
        return HashAlgorithm.SHA_256;
    }
}
