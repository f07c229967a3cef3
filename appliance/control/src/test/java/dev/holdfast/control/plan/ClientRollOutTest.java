package dev.holdfast.control.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.calendar.Hours;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseSigner;
import dev.holdfast.protocol.release.ReleaseVersion;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plans upgrade clients: one after the other, and no more of them when one failed. */
class ClientRollOutTest {
    private static final String OLD = "1.1.0";
    private static final String NEW = "1.2.0";

    @TempDir
    private Path directory;

    private Instant now = Instant.parse("2026-06-01T12:00:00Z");
    private ControlDb control;
    private ClientPackages packages;
    private Dispatcher dispatcher;
    private ClientRollOut rollOut;
    private final ReleaseSigner vendor;
    private final List<Integer> nodes = new ArrayList<>();
    private final Map<Integer, Client> clients = new LinkedHashMap<>();

    ClientRollOutTest() throws Exception {
        vendor = new ReleaseSigner();
    }

    /** A node's service, of some version. */
    private record Client(String version, List<Long> heard) implements Dispatcher.Attendant {
        @Override
        public void order(long task, Job job) {
            heard.add(task);
        }

        @Override
        public String software() {
            return "holdfast/" + version;
        }
    }

    @BeforeEach
    void open() throws Exception {
        control = new ControlDb(directory.resolve("control.db"), () -> now);
        packages = new ClientPackages(directory);
        UpgradeTurns turns = new UpgradeTurns(control, packages, () -> now);
        dispatcher = new Dispatcher(control, 2, (task, at, result) -> {}, turns);
        rollOut = new ClientRollOut(control, turns);
        plan("nightly", true, List.of());
        for (int i = 0; i < 3; i++) {
            int node = enroll("db" + i, "Linux 6.1 amd64");
            nodes.add(node);
            control.plans().bind("nightly", node);
        }
        offer(NEW, "amd64");
    }

    @AfterEach
    void close() throws IOException {
        control.close();
    }

    private int enroll(String name, String platform) throws IOException {
        control.tokens().add("token-" + name, Duration.ofHours(1), null);
        int node = control.nodes()
                .enroll("token-" + name, name, platform, 100, id -> "fingerprint-" + id)
                .id();
        connect(node, OLD);
        return node;
    }

    private void plan(String name, boolean upgrades, List<Hours> hours) throws IOException {
        control.plans()
                .put(
                        name,
                        new Plan(
                                        new Plan.What(List.of("/home"), List.of(), false, "", "", 60),
                                        new Plan.When("0 2 * * *", "UTC", hours, 0, true, 0),
                                        new Plan.How(0, 0, 0, false, 5),
                                        upgrades)
                                .json());
    }

    private void offer(String version, String architecture) throws Exception {
        byte[] content = (version + architecture).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        ReleaseSignature signature = vendor.sign(new ReleasePackage(
                ReleasePackage.CLIENT,
                new ReleaseVersion(version),
                architecture,
                PackageKind.DEB,
                content.length,
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content))));
        packages.offer(signature);
        packages.append(signature.about().sha256(), 0, content);
    }

    /** A service connects, perhaps after an upgrade. */
    private void connect(int node, String version, Long... running) throws IOException {
        Client client = new Client(version, new ArrayList<>());
        clients.put(node, client);
        control.nodes().seen(node, client.software(), Frames.NEWEST_VERSION);
        dispatcher.attend(node, client, List.of(running));
    }

    private void look() throws IOException {
        rollOut.look(dispatcher.present());
        dispatcher.look();
    }

    private List<Task> upgrades() throws IOException {
        List<Task> found = new ArrayList<>();
        for (long id = 1; control.tasks().find(id).isPresent(); id++) {
            Task task = control.tasks().find(id).get();
            if (task.is(TaskKind.UPGRADE)) {
                found.add(task);
            }
        }
        return found;
    }

    private Task newest() throws IOException {
        return upgrades().getLast();
    }

    private void succeed(int node) throws IOException {
        long task = newest().id();
        connect(node, NEW, task);
        dispatcher.ended(node, new Message.Ended(task, Message.Outcome.DONE, "{}", ""));
    }

    private void fail(int node, String step) throws IOException {
        long task = newest().id();
        dispatcher.progress(node, new Message.Progress(task, step, 0, 0, List.of()));
        dispatcher.ended(node, new Message.Ended(task, Message.Outcome.FAILED, "{}", "did not reach the appliance"));
    }

    private List<String> alerts() throws IOException {
        return control.events().list(true, 100).stream()
                .filter(each -> each.kind().equals(ClientRollOut.STOPPED))
                .filter(each -> each.severity() == Events.Severity.ALERT)
                .map(each -> each.node() + ": " + each.message())
                .toList();
    }

    @Test
    void nodesAreUpgradedOneAfterTheOther() throws IOException {
        for (int i = 0; i < 3; i++) {
            look();
            look();
            assertThat(upgrades()).hasSize(i + 1);
            assertThat(newest().state()).isEqualTo(TaskState.RUNNING);
            assertThat(newest().node()).isEqualTo("db" + i);
            succeed(nodes.get(i));
        }
        look();
        assertThat(upgrades())
                .hasSize(3)
                .allSatisfy(each -> assertThat(each.requestedBy()).isEqualTo("plan nightly"));
        assertThat(control.audit().newest(10)).anySatisfy(each -> {
            assertThat(each.actor()).isEqualTo("plan nightly");
            assertThat(each.action()).isEqualTo("node upgrade");
            assertThat(each.object()).isEqualTo("db2");
            assertThat(each.outcome()).contains("version 1.2.0");
        });
    }

    @Test
    void failureStopsAllPlansUntilThatNodeHasTheVersion() throws Exception {
        look();
        fail(nodes.getFirst(), "installing");
        look();
        look();
        assertThat(upgrades()).hasSize(1);
        assertThat(alerts())
                .singleElement()
                .satisfies(each -> assertThat(each)
                        .startsWith("db0: ")
                        .contains("did not reach the appliance")
                        .contains("node upgrade db0 --to 1.2.0"));
        control.events().acknowledge(null);
        look();
        assertThat(alerts()).isEmpty();
        // A person has found the cause. Until the upgrade is proven, it goes to no other node.
        dispatcher.leave(nodes.getFirst(), clients.get(nodes.getFirst()));
        Orders.upgrade(control, nodes.getFirst(), new ReleaseVersion(NEW), "user ann");
        look();
        look();
        assertThat(upgrades()).hasSize(2);
        connect(nodes.getFirst(), OLD);
        look();
        succeed(nodes.getFirst());
        look();
        assertThat(newest().node()).isEqualTo("db1");
    }

    @Test
    void newerPackageStartsAfresh() throws Exception {
        look();
        fail(nodes.getFirst(), "installing");
        look();
        offer("1.2.1", "amd64");
        look();
        assertThat(alerts()).isEmpty();
        assertThat(newest().description()).contains("1.2.1");
        assertThat(newest().node()).isEqualTo("db0");
    }

    @Test
    void failureThatAPersonOrderedCountsToo() throws IOException {
        int lab = enroll("lab", "Linux 6.1 amd64");
        control.plans().pause("nightly", 0);
        look();
        assertThat(upgrades()).isEmpty();
        Orders.upgrade(control, lab, new ReleaseVersion(NEW), "user ann");
        dispatcher.look();
        fail(lab, "installing");
        control.plans().resume("nightly");
        look();
        assertThat(upgrades()).hasSize(1);
        assertThat(alerts()).singleElement().satisfies(each -> assertThat(each).startsWith("lab: "));
        // Its machine is gone, and says nothing of the version any more.
        control.nodes().revoke("lab");
        look();
        assertThat(alerts()).isEmpty();
        assertThat(upgrades()).hasSize(2);
    }

    /** As one that was not installed from a package. */
    @Test
    void nodeThatRefusesIsLeftOut() throws IOException {
        look();
        fail(nodes.getFirst(), "");
        look();
        assertThat(alerts()).isEmpty();
        assertThat(newest().node()).isEqualTo("db1");
        succeed(nodes.get(1));
        look();
        succeed(nodes.get(2));
        look();
        assertThat(upgrades()).hasSize(3);
    }

    @Test
    void cancelledUpgradeIsNotOrderedAgain() throws IOException {
        look();
        control.tasks().cancel(newest().id());
        dispatcher.ended(
                nodes.getFirst(), new Message.Ended(newest().id(), Message.Outcome.CANCELLED, "{}", "by a person"));
        look();
        assertThat(newest().node()).isEqualTo("db1");
    }

    @Test
    void busyAbsentAndOtherNodesAreLeftAlone() throws Exception {
        long verification = Orders.verify(control, nodes.getFirst(), new UUID(1, 2), "user ann");
        dispatcher.look();
        assertThat(clients.get(nodes.getFirst()).heard).containsExactly(verification);
        dispatcher.leave(nodes.get(1), clients.get(nodes.get(1)));
        int arm = enroll("arm", "Linux 6.1 aarch64");
        control.plans().bind("nightly", arm);
        int unbound = enroll("other", "Linux 6.1 amd64");
        plan("plain", false, List.of());
        control.plans().bind("plain", unbound);
        look();
        assertThat(newest().node()).isEqualTo("db2");
        succeed(nodes.get(2));
        look();
        assertThat(upgrades()).hasSize(1);
        offer(NEW, "arm64");
        look();
        assertThat(newest().node()).isEqualTo("arm");
    }

    @Test
    void clientThatIsTooOldToUpgradeItselfIsLeftOut() throws Exception {
        control.nodes().seen(nodes.getFirst(), "holdfast/1.0.0", Frames.UPGRADES - 1);
        look();
        assertThat(newest().node()).isEqualTo("db1");
    }

    @Test
    void hoursOfThePlanCount() throws IOException {
        plan("nightly", true, List.of(Hours.parse("22:00-06:00")));
        look();
        assertThat(upgrades()).isEmpty();
        now = Instant.parse("2026-06-01T23:00:00Z");
        look();
        assertThat(upgrades()).hasSize(1);
    }

    @Test
    void planWithoutTheOptionIsStoredAsOlderReleasesKnowIt() throws IOException {
        plan("plain", false, List.of());
        assertThat(control.plans().find("plain").orElseThrow().settings()).doesNotContain("upgradeClients");
        assertThat(Plan.parse(control.plans().find("nightly").orElseThrow().settings())
                        .upgradesClients())
                .isTrue();
    }
}
