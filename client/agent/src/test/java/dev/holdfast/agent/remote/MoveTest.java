package dev.holdfast.agent.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.memory.MemoryAppliance;
import dev.holdfast.agent.memory.TestClient;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A machine moves from one appliance to another, and is renamed at one. */
class MoveTest {
    @TempDir
    private Path dir;

    private MemoryAppliance old;
    private MemoryAppliance next;
    private TestClient client;
    private Path state;
    private Path files;

    @BeforeEach
    void open() throws Exception {
        old = new MemoryAppliance();
        next = new MemoryAppliance();
        state = dir.resolve("state");
        files = Files.createDirectory(dir.resolve("files"));
        Files.writeString(files.resolve("letter"), "Dear Sir");
        client = new TestClient(old, "web1", state);
        client.backup(files);
    }

    @AfterEach
    void close() throws Exception {
        old.close();
        next.close();
    }

    private Move.Moved move() throws Exception {
        return Move.to(next.endpoint(), () -> token(next), null, "web1", state);
    }

    private static String token(MemoryAppliance appliance) throws IOException {
        try {
            return appliance.token();
        } catch (java.security.GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private static int snapshots(Path state) throws IOException {
        try (Appliance appliance = MemoryAppliance.connect(state)) {
            return appliance.snapshots().size();
        }
    }

    private String appliance(Path of) throws IOException {
        return Identity.load(of).appliance();
    }

    private void mustBeAt(MemoryAppliance appliance, int snapshots) throws IOException {
        assertThat(appliance(state)).isEqualTo(appliance.endpoint().toString());
        assertThat(snapshots(state)).isEqualTo(snapshots);
        assertThat(state.resolve("moving")).doesNotExist();
        assertThat(state.resolve("former.new")).doesNotExist();
    }

    @Test
    void movedMachineBacksUpToTheOtherApplianceAndRestoresFromTheFormer() throws Exception {
        Move.Moved moved = move();
        assertThat(moved.identity().appliance()).isEqualTo(next.endpoint().toString());
        mustBeAt(next, 0);
        client.backup(files);
        mustBeAt(next, 1);
        assertThat(moved.former()).isEqualTo(state.resolve("former"));
        assertThat(snapshots(moved.former())).isEqualTo(1);
        try (Appliance former = MemoryAppliance.connect(moved.former())) {
            assertThat(old.content(former.snapshots().getFirst().id())).isNotEmpty();
        }
    }

    @Test
    void moveIsUndoneAndDoneAgain() throws Exception {
        move();
        client.backup(files);
        client.backup(files);
        assertThat(Move.undo(state).appliance()).isEqualTo(old.endpoint().toString());
        mustBeAt(old, 1);
        assertThat(appliance(state.resolve("former"))).isEqualTo(next.endpoint().toString());
        Move.undo(state);
        mustBeAt(next, 2);
    }

    @Test
    void whereTheFirstConnectionFailsTheOldIdentityStaysInUse() throws Exception {
        next.cutAfter(0, dev.holdfast.protocol.wire.Message.ListSnapshots.class);
        assertThatThrownBy(this::move).isInstanceOf(ConnectionLostException.class);
        assertThat(appliance(state)).isEqualTo(old.endpoint().toString());
        assertThat(snapshots(state)).isEqualTo(1);
        assertThat(state.resolve("former")).doesNotExist();
        // The token is used up: the identity that it brought serves the next attempt.
        Move.to(
                next.endpoint(),
                () -> {
                    throw new IOException("no token is needed");
                },
                null,
                "web1",
                state);
        mustBeAt(next, 0);
    }

    @Test
    void identityThatIsRefusedAtTheFirstConnectionIsNotTriedAgain() throws Exception {
        next.listen(message -> {
            if (message instanceof dev.holdfast.protocol.wire.Message.Enroll) {
                for (int node = 1; node < 10; node++) {
                    next.revoke(node);
                }
            }
        });
        assertThatThrownBy(this::move).isInstanceOf(RemoteException.class).hasMessageContaining("revoked");
        assertThat(state.resolve("moving")).doesNotExist();
        assertThat(snapshots(state)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void moveThatACrashInterruptedIsFinishedByWhoeverReadsTheIdentity(int copied) throws Exception {
        Path before = dir.resolve("before");
        copy(state, before);
        move();
        // As it was when it was decided, with some files in their places.
        Path crashed = dir.resolve("crashed");
        copy(before, crashed);
        copy(state.resolve("former"), crashed.resolve("former.new"));
        List<String> names = List.of("ca.crt", "node.key", "node.crt", "holder", "identity.json");
        Files.createDirectory(crashed.resolve("moving"));
        for (String each : names) {
            Files.copy(state.resolve(each), crashed.resolve("moving").resolve(each));
        }
        Files.createFile(crashed.resolve("moving/ready"));
        for (String each : names.subList(0, copied)) {
            Files.copy(state.resolve(each), crashed.resolve(each), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        assertThat(appliance(crashed)).isEqualTo(next.endpoint().toString());
        assertThat(snapshots(crashed)).isZero();
        assertThat(snapshots(crashed.resolve("former"))).isEqualTo(1);
        assertThat(crashed.resolve("moving")).doesNotExist();
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        try (var all = Files.list(from)) {
            for (Path each : all.filter(Files::isRegularFile).toList()) {
                Files.copy(each, to.resolve(each.getFileName().toString()));
            }
        }
    }

    @Test
    void aMoveToTheSameApplianceOrOnTopOfAnotherIsRefused() throws Exception {
        assertThatThrownBy(() -> Move.to(old.endpoint(), () -> token(old), null, "web1", state))
                .hasMessageContaining("enrolled at already")
                .hasMessageContaining("relocate");
        assertThatThrownBy(() -> Move.undo(state)).hasMessageContaining("no move to undo");
        move();
        assertThatThrownBy(this::move).hasMessageContaining("holds this machine's identity at " + old.endpoint());
        assertThatThrownBy(() -> Move.to(next.endpoint(), () -> token(next), null, "x", dir.resolve("none")))
                .isInstanceOf(Identity.NotEnrolledException.class);
    }

    @Test
    void renamedNodeLearnsItsNameAtTheNextConnection() throws Exception {
        old.rename(client.identity.nodeId(), "shop");
        assertThat(snapshots(state)).isEqualTo(1);
        assertThat(Identity.load(state).node()).isEqualTo("shop");
        old.rename(client.identity.nodeId(), "shop\u001b[2J");
        assertThat(snapshots(state)).isEqualTo(1);
        assertThat(Identity.load(state).node()).isEqualTo("shop");
    }
}
