package dev.holdfast.cloud.vault;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.oss.OssObjectStore;
import dev.holdfast.cloud.oss.OssServer;
import org.junit.jupiter.api.AfterEach;

class OssVaultTest extends VaultContract {
    private OssServer server;

    @Override
    protected ObjectStore create() throws Exception {
        server = new OssServer(directory.resolve("bucket"));
        return new OssObjectStore(server.location("office"), server.admit("LTAItest", ""));
    }

    @AfterEach
    void stop() {
        server.close();
    }
}
