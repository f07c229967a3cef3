package dev.holdfast.control.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.calendar.Hours;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseSigner;
import dev.holdfast.protocol.release.ReleaseVersion;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Upgrades of clients wait for their turn, and are done when the appliance has seen the new version. */
class UpgradeOrdersTest {
    private static final ReleaseVersion VERSION = new ReleaseVersion("1.2.0");

    @TempDir
    private Path directory;

    private Instant now = Instant.parse("2026-06-01T12:00:00Z");
    private ControlDb control;
    private ClientPackages packages;
    private Dispatcher dispatcher;
    private ReleaseSignature signature;
    private int node;
    private final Map<Long, Job> heard = new LinkedHashMap<>();

    /** The node's service, of some version. */
    private final class Client implements Dispatcher.Attendant {
        private final String software;

        private Client(String software) {
            this.software = software;
        }

        @Override
        public void order(long task, Job job) {
            heard.put(task, job);
        }

        @Override
        public String software() {
            return software;
        }
    }

    @BeforeEach
    void open() throws Exception {
        control = new ControlDb(directory.resolve("control.db"), () -> now);
        packages = new ClientPackages(directory);
        dispatcher =
                new Dispatcher(control, 2, (task, at, result) -> {}, new UpgradeTurns(control, packages, () -> now));
        control.tokens().add("token", Duration.ofHours(1), null);
        node = control.nodes()
                .enroll("token", "db1", "linux", 100, id -> "fingerprint-" + id)
                .id();
        signature = new ReleaseSigner().sign(new byte[] {1}, VERSION.text(), PackageKind.DEB);
        packages.offer(signature);
        packages.append(signature.about().sha256(), 0, new byte[] {1});
        dispatcher.attend(node, new Client("holdfast/1.1.0"), List.of());
    }

    @AfterEach
    void close() throws IOException {
        control.close();
    }

    private Task find(long id) throws IOException {
        return control.tasks().find(id).orElseThrow();
    }

    private long order() throws IOException {
        return Orders.upgrade(control, node, VERSION, "user ann");
    }

    private void done(long task) throws IOException {
        dispatcher.ended(node, new Message.Ended(task, Message.Outcome.DONE, "{}", ""));
    }

    @Test
    void orderHasTheSignaturesOfItsVersion() throws IOException {
        long task = order();
        dispatcher.look();
        assertThat(heard).containsOnly(Map.entry(task, new Job.Upgrade("1.2.0", List.of(signature.text()))));
        assertThat(find(task).state()).isEqualTo(TaskState.RUNNING);
    }

    @Test
    void waitsForOtherTasksAndOthersWaitForIt() throws IOException {
        long verification = Orders.verify(control, node, new UUID(1, 2), "user ann");
        dispatcher.look();
        long upgrade = order();
        dispatcher.look();
        dispatcher.look();
        assertThat(heard).containsOnlyKeys(verification);
        assertThat(control.tasks().log(upgrade)).hasSize(1);
        done(verification);
        dispatcher.look();
        long next = Orders.verify(control, node, new UUID(3, 4), "user ann");
        dispatcher.look();
        assertThat(heard).containsOnlyKeys(verification, upgrade);
        dispatcher.ended(node, new Message.Ended(upgrade, Message.Outcome.FAILED, "{}", "no room"));
        dispatcher.look();
        assertThat(heard).containsOnlyKeys(verification, upgrade, next);
    }

    @Test
    void waitsForTheHoursOfPlans() throws IOException {
        control.plans()
                .put(
                        "nightly",
                        new Plan(
                                        new Plan.What(List.of("/home"), List.of(), false, "", "", 60),
                                        new Plan.When(
                                                "0 2 * * *", "UTC", List.of(Hours.parse("22:00-06:00")), 0, true, 0),
                                        new Plan.How(0, 0, 0, false, 5))
                                .json());
        control.plans().bind("nightly", node);
        long task = order();
        dispatcher.look();
        assertThat(heard).isEmpty();
        now = Instant.parse("2026-06-01T23:00:00Z");
        dispatcher.look();
        assertThat(heard).containsOnlyKeys(task);
    }

    @Test
    void isDoneWhenTheNewVersionHasConnected() throws IOException {
        long task = order();
        dispatcher.look();
        dispatcher.attend(node, new Client("holdfast/1.2.0"), List.of(task));
        assertThat(find(task).state()).isEqualTo(TaskState.RUNNING);
        done(task);
        assertThat(find(task).state()).isEqualTo(TaskState.DONE);
    }

    @Test
    void claimOfAnotherVersionIsNotBelieved() throws IOException {
        long task = order();
        dispatcher.look();
        done(task);
        assertThat(find(task).state()).isEqualTo(TaskState.FAILED);
        assertThat(find(task).reason()).contains("holdfast/1.1.0");
    }

    @Test
    void removedPackageFailsTheOrder() throws IOException {
        long task = order();
        packages.remove(signature.about().sha256());
        dispatcher.look();
        assertThat(heard).isEmpty();
        assertThat(find(task).reason()).contains("no package of version 1.2.0").contains("client-package add");
    }
}
