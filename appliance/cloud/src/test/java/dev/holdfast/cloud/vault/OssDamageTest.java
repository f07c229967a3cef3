package dev.holdfast.cloud.vault;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.object.Retries;
import dev.holdfast.cloud.oss.OssObjectStore;
import dev.holdfast.cloud.oss.OssServer;
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
}
