package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup that never ends keeps the collector from deleting for a bounded time only, however busy its node pretends to be. */
class LongBackupTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    @TempDir
    Path dir;

    @Test
    void backupThatTakesTooLongIsEndedAndGoesOnWithTheNextAttempt() throws Exception {
        try (TestAppliance office = new TestAppliance(
                dir.resolve("data"), new Deadlines(LONG, LONG, LONG, LONG, LONG, Duration.ofSeconds(3)))) {
            TestAppliance.TestNode member = office.enrol("slow");
            try (TestAppliance.Connection connection = member.connect()) {
                connection.ask(new Message.OpenBackup("for ever"), Message.BackupOpened.class);
                assertThat(office.sessions.count()).isEqualTo(1);
                assertThatThrownBy(() -> {
                            for (int i = 0; i < 600; i++) {
                                connection.ask(new Message.Ping(), Message.Done.class);
                                Thread.sleep(50);
                            }
                        })
                        .isInstanceOf(IOException.class);
            }
            long deadline = System.nanoTime() + 20_000_000_000L;
            while (office.sessions.count() > 0 && System.nanoTime() < deadline) {
                Thread.sleep(20);
            }
            assertThat(office.sessions.count()).isZero();
            // One that only reads is not ended, and the next backup is welcome.
            try (TestAppliance.Connection reader = member.connect()) {
                reader.list();
                member.restore(member.backup(1000, 1, 2, 3));
                Thread.sleep(4000);
                reader.list();
            }
        }
    }
}
