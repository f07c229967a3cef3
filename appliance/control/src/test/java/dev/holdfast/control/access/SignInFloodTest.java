package dev.holdfast.control.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.fair.BusyException;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Strangers who have passwords checked without end. */
class SignInFloodTest {
    private static final String PASSWORD = "correct horse battery";

    @TempDir
    Path directory;

    @Test
    void aFloodOfSignInsRefusesNoHonestOne() throws Exception {
        try (ControlDb control = new ControlDb(directory.resolve("control.db"));
                VaultKeys keys = Keyring.create(new Credential(Credential.Kind.KEY_FILE, new byte[32]))
                        .unlock(new Credential(Credential.Kind.KEY_FILE, new byte[32]))) {
            Access access = new Access(control, keys, InstantSource.system());
            access.users().add("ann", PASSWORD, Role.VIEWER, Scope.allNodes());
            // Somebody who comes from where he came from before.
            access.passwordSignIn().signIn("ann", PASSWORD, "", "192.0.2.7");
            AtomicBoolean ends = new AtomicBoolean();
            AtomicInteger refused = new AtomicInteger();
            List<Future<Void>> flood = new ArrayList<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < 300; i++) {
                    int number = i;
                    flood.add(threads.submit(() -> {
                        while (!ends.get()) {
                            try {
                                access.passwordSignIn()
                                        .signIn(
                                                "guess" + number,
                                                "some guessed password",
                                                "",
                                                "198.51.100." + number % 100);
                            } catch (BusyException | SignInRefusedException e) {
                                refused.incrementAndGet();
                            }
                        }
                        return null;
                    }));
                }
                try {
                    while (refused.get() < 20 && flood.stream().noneMatch(Future::isDone)) {
                        Thread.sleep(5);
                    }
                    for (int i = 0; i < 5; i++) {
                        assertThat(access.passwordSignIn()
                                        .signIn("ann", PASSWORD, "", "192.0.2.7")
                                        .secret())
                                .isNotEmpty();
                    }
                } finally {
                    ends.set(true);
                }
            }
            for (Future<Void> each : flood) {
                each.get();
            }
        }
    }
}
