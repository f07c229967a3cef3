package dev.holdfast.vault.format;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.Retries;
import dev.holdfast.vault.oss.OssObjectStore;
import dev.holdfast.vault.oss.OssServer;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

class OssDamageTest extends DamageMatrix {
    private @Nullable OssServer server;

    @Override
    ObjectStore create(Path at) throws Exception {
        server = new OssServer(at);
        return Retries.around(new OssObjectStore(server.location("office"), server.admit("LTAItest", "")));
    }

    @AfterEach
    void stop() {
        Objects.requireNonNull(server).close();
    }

    @Override
    HashAlgorithm hash() {
        return HashAlgorithm.BLAKE3;
    }
}
