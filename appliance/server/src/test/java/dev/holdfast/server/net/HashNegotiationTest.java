package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.StoreFixture;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients of every protocol version against appliances of both hashes. */
class HashNegotiationTest {
    @TempDir
    Path dir;

    private TestAppliance start(TestAppliance.Setup setup) throws IOException {
        return new TestAppliance(dir.resolve("data"), Deadlines.STANDARD, System::nanoTime, setup);
    }

    @Test
    void applianceWithSha256ServesClientsOfEveryVersion() throws Exception {
        try (TestAppliance appliance = start(TestAppliance.Setup.OLD)) {
            TestAppliance.TestNode node = appliance.enrol("mail");
            for (int version = Frames.VERSION; version <= Frames.NEWEST_VERSION; version++) {
                try (TestAppliance.Connection connection = node.connect(version)) {
                    assertThat(connection.welcome.version()).isEqualTo(version);
                    assertThat(connection.welcome.hash()).isEqualTo(HashAlgorithm.SHA_256);
                    // Chunk 1 of all of them, and one of each.
                    TestAppliance.Backup backup = node.backup(connection, 0, version > 1, 5000, 1, 100 + version);
                    node.restore(connection, backup);
                    assertThat(connection.list()).hasSize(version);
                }
            }
        }
    }

    @Test
    void applianceWithBlake3RefusesClientsThatCannotNameChunksByIt() throws Exception {
        try (TestAppliance appliance = start(TestAppliance.Setup.STANDARD)) {
            TestAppliance.TestNode node = appliance.enrol("mail");
            for (int version = Frames.VERSION; version < Frames.HASHES; version++) {
                int old = version;
                assertThatThrownBy(() -> node.connect(old))
                        .isInstanceOfSatisfying(
                                RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.VERSION))
                        .hasMessageContaining("names chunks by blake3")
                        .hasMessageContaining("this client (test) does not know")
                        .hasMessageContaining("upgrade the client");
                // And closes the connection.
                try (Socket socket = node.handshake()) {
                    Frames.write(socket.getOutputStream(), 0, new Message.Hello(1, version, "test"));
                    InputStream in = socket.getInputStream();
                    assertThat(Frames.read(in, bytes -> {}).message()).isInstanceOf(Message.Failure.class);
                    assertThat(Frames.read(in, bytes -> {})).isNull();
                }
            }
            try (TestAppliance.Connection connection = node.connect(Frames.HASHES + 5)) {
                assertThat(connection.welcome.version()).isEqualTo(Frames.NEWEST_VERSION);
                assertThat(connection.welcome.hash()).isEqualTo(HashAlgorithm.BLAKE3);
                node.restore(connection, node.backup(connection, 0, false, 5000, 1, 2));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void chunkNamedByAnotherHashIsRefused(HashAlgorithm hash) throws Exception {
        try (TestAppliance appliance = start(new TestAppliance.Setup(0, false, hash))) {
            TestAppliance.TestNode node = appliance.enrol("mail");
            byte[] chunk = StoreFixture.random(1, 5000);
            for (HashAlgorithm each : HashAlgorithm.values()) {
                Message.Put put = new Message.Put(
                        List.of(new Message.Upload(ChunkKind.DATA, each.digest(chunk), Packed.raw(chunk))));
                try (TestAppliance.Connection connection = node.connect()) {
                    connection.ask(new Message.OpenBackup("/"), Message.BackupOpened.class);
                    if (each == hash) {
                        connection.ask(put, Message.Stored.class);
                    } else {
                        assertThatThrownBy(() -> connection.ask(put, Message.Stored.class))
                                .isInstanceOfSatisfying(
                                        RemoteException.class,
                                        e -> assertThat(e.code()).isEqualTo(ErrorCode.DIGEST_MISMATCH));
                    }
                }
            }
        }
    }
}
