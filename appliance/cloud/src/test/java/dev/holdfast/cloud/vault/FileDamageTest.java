package dev.holdfast.cloud.vault;

import dev.holdfast.cloud.file.FileObjectStore;
import dev.holdfast.cloud.object.ObjectStore;
import java.nio.file.Path;

class FileDamageTest extends DamageMatrix {
    @Override
    ObjectStore create(Path at) throws Exception {
        return new FileObjectStore(at);
    }
}
