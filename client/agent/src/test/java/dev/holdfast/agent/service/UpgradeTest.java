package dev.holdfast.agent.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.install.Installation;
import dev.holdfast.agent.memory.MemoryAppliance;
import dev.holdfast.agent.memory.TestClient;
import dev.holdfast.agent.upgrade.UpgradeFiles;
import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseRefusedException;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseSigner;
import dev.holdfast.protocol.release.ReleaseVersion;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Message.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Upgrades by order, up to the installer: it is played by the test, over the files that both share. */
@EnabledOnOs(OS.LINUX)
class UpgradeTest {
    private static final long PATIENCE_SECONDS = 60;
    /** Several parts. */
    private static final int PACKAGE_BYTES = 3 * Message.FetchPackage.MAX_BYTES + 1000;

    @TempDir
    Path work;

    private final byte[] content = new byte[PACKAGE_BYTES];
    private MemoryAppliance appliance;
    private TestClient client;
    private ReleaseSigner vendor;
    private Service service;
    private CompletableFuture<Void> ran = CompletableFuture.completedFuture(null);

    @BeforeEach
    void start() throws Exception {
        new Random(18).nextBytes(content);
        appliance = new MemoryAppliance();
        client = new TestClient(appliance, "node", work.resolve("state"));
        vendor = new ReleaseSigner();
        run("1.1.0", false);
    }

    @AfterEach
    void stop() throws Exception {
        end();
        appliance.close();
    }

    private Installation installation(String version) throws IOException {
        Path home = Files.createDirectories(work.resolve("home-" + version));
        vendor.trustedIn(home);
        Files.writeString(
                home.resolve("client.release"),
                "holdfast-client-installation 1\nversion: " + version + "\narchitecture: amd64\nkind: deb\n");
        return Installation.read(home);
    }

    /** The client's service in this version. */
    private void run(String version, boolean allowDowngrade) throws IOException {
        run(installation(version), allowDowngrade);
    }

    private void run(Installation installation, boolean allowDowngrade) throws IOException {
        Service started = new Service(
                client.state,
                new RestoreRights(List.of(), false),
                line -> {},
                InstantSource.system(),
                installation,
                allowDowngrade);
        CompletableFuture<Void> running = new CompletableFuture<>();
        service = started;
        ran = running;
        Thread.ofPlatform().daemon().name("service").start(() -> {
            try {
                started.run();
                running.complete(null);
            } catch (IOException | InterruptedException | RuntimeException e) {
                running.completeExceptionally(e);
            }
        });
    }

    private void end() throws Exception {
        service.close();
        ran.handle((done, failure) -> null).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private MemoryAppliance.Task order(ReleaseSignature... signatures) {
        return appliance.order(
                client.identity.nodeId(),
                new Job.Upgrade(
                        signatures[0].about().version().text(),
                        Arrays.stream(signatures).map(ReleaseSignature::text).toList()));
    }

    private ReleaseSignature sign(String version) throws Exception {
        return vendor.sign(content, version, PackageKind.DEB);
    }

    private Path file(String name) {
        return client.state.resolve("upgrade").resolve(name);
    }

    private void waitFor(Path file) throws InterruptedException {
        for (long left = PATIENCE_SECONDS * 100; !Files.exists(file); left--) {
            assertThat(left).as(file + " does not appear").isPositive();
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private static void waitForEnd(Path file) throws Exception {
        for (long left = PATIENCE_SECONDS * 100; Files.exists(file); left--) {
            assertThat(left).as(file + " does not disappear").isPositive();
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private static void assertFailed(MemoryAppliance.Task task, String reason) throws Exception {
        Message.Ended ended = task.await();
        assertThat(ended.outcome()).as(ended.reason()).isEqualTo(Outcome.FAILED);
        assertThat(ended.reason()).contains(reason);
    }

    /** Hands the package over, and ends with the old version still running. */
    private MemoryAppliance.Task handedOver() throws Exception {
        appliance.offer(content);
        MemoryAppliance.Task task = order(sign("1.2.0"));
        waitFor(file("ready"));
        return task;
    }

    @Test
    void packageIsFetchedAndTheNewVersionEndsTheTask() throws Exception {
        MemoryAppliance.Task task = handedOver();
        assertThat(file("package")).hasBinaryContent(content);
        assertThat(ReleaseSignature.read(file("package.sig"))).isEqualTo(sign("1.2.0"));
        assertThat(appliance.count(Message.FetchPackage.class)).isEqualTo(4);
        assertThat(task.isEnded()).isFalse();
        Files.delete(file("ready"));
        end();
        run("1.2.0", false);
        Message.Ended ended = task.await();
        assertThat(ended.outcome()).as(ended.reason()).isEqualTo(Outcome.DONE);
        assertThat(ended.result()).contains("1.1.0").contains("1.2.0");
        assertThat(file("decision")).hasContent("new");
        // The appliance knows the end before the client knows that it does.
        waitForEnd(file("order"));
        end();
    }

    @Test
    void previousVersionTellsWhyItIsThere() throws Exception {
        MemoryAppliance.Task task = handedOver();
        Files.delete(file("ready"));
        end();
        Files.writeString(file("outcome"), "version 1.2.0 did not reach the appliance\n");
        run("1.1.0", false);
        assertFailed(task, "did not reach the appliance");
    }

    @Test
    void newVersionThatWasGivenUpDoesNotConfirmItself() throws Exception {
        MemoryAppliance.Task task = handedOver();
        Files.delete(file("ready"));
        end();
        Files.writeString(file("decision"), "previous\n");
        Files.writeString(file("outcome"), "too late\n");
        run("1.2.0", false);
        assertFailed(task, "too late");
    }

    @Test
    void nothingIsHandedOverWhileTheInstallerHasAnEarlierPackage() throws Exception {
        Files.createDirectories(file("begun").getParent());
        Files.createFile(file("begun"));
        appliance.offer(content);
        assertFailed(order(sign("1.2.0")), "has not ended an earlier upgrade");
        assertThat(file("ready")).doesNotExist();
    }

    @Test
    void decisionIsMadeOnce() throws Exception {
        Files.createDirectories(file("x").getParent());
        UpgradeFiles files = new UpgradeFiles(client.state);
        files.giveUp();
        files.giveUp();
        assertThat(files.confirm()).isFalse();
        assertThat(file("decision")).hasContent("previous");
        Files.delete(file("decision"));
        assertThat(files.confirm()).isTrue();
        files.giveUp();
        assertThat(files.confirm()).isTrue();
        assertThat(file("decision")).hasContent("new");
    }

    @Test
    void cancelTakesThePackageBackUntilTheInstallerBegins() throws Exception {
        MemoryAppliance.Task task = handedOver();
        appliance.control(task, new Job.Cancel());
        assertThat(task.await().outcome()).isEqualTo(Outcome.CANCELLED);
        assertThat(file("ready")).doesNotExist();
    }

    @Test
    void transferResumes() throws Exception {
        ReleaseSignature signature = sign("1.2.0");
        Files.createDirectories(file("x").getParent());
        Files.write(
                file(signature.about().sha256() + ".part"), Arrays.copyOf(content, 2 * Message.FetchPackage.MAX_BYTES));
        appliance.offer(content);
        order(signature);
        waitFor(file("ready"));
        assertThat(appliance.count(Message.FetchPackage.class)).isEqualTo(2);
        assertThat(file("package")).hasBinaryContent(content);
    }

    @Test
    void transferResumesWhenTheConnectionIsCut() throws Exception {
        appliance.offer(content);
        appliance.cutAfter(2, Message.FetchPackage.class);
        order(sign("1.2.0"));
        waitFor(file("ready"));
        assertThat(file("package")).hasBinaryContent(content);
    }

    @Test
    void tamperedPackageIsRefusedAndNotKept() throws Exception {
        byte[] altered = content.clone();
        altered[altered.length - 1] ^= 1;
        appliance.offer(altered);
        ReleaseSignature signature = sign("1.2.0");
        assertFailed(order(signature), "not the file that was signed");
        assertThat(file(signature.about().sha256() + ".part")).doesNotExist();
        assertThat(file("ready")).doesNotExist();
    }

    @Test
    void truncatedPackageIsRefused() throws Exception {
        appliance.offer(Arrays.copyOf(content, PACKAGE_BYTES - 1));
        assertFailed(order(sign("1.2.0")), "bytes of a package rather than");
        assertThat(file("ready")).doesNotExist();
    }

    @Test
    void whatThisClientMustNotInstallIsNotFetched() throws Exception {
        appliance.offer(content);
        assertFailed(order(new ReleaseSigner().sign(content, "1.2.0", PackageKind.DEB)), "does not trust");
        assertFailed(order(sign("1.0.0")), "older than this client");
        assertFailed(order(vendor.sign(content, "1.2.0", PackageKind.ARCHIVE)), "offers no package of version 1.2.0");
        assertFailed(order(other("arm64", ReleasePackage.CLIENT)), "for amd64");
        assertFailed(order(other("amd64", "holdfast-appliance")), "not a package of the client");
        ReleaseSignature forged = sign("1.0.0");
        assertFailed(order(new ReleaseSignature(sign("1.2.0").about(), forged.key(), forged.signature())), "is wrong");
        assertThat(appliance.count(Message.FetchPackage.class)).isZero();
    }

    private ReleaseSignature other(String architecture, String product) throws Exception {
        return vendor.sign(new ReleasePackage(
                product,
                new ReleaseVersion("1.2.0"),
                architecture,
                PackageKind.DEB,
                1,
                HexFormat.of().formatHex(new byte[32])));
    }

    @Test
    void downgradeIsInstalledWhereTheMachineAllowsIt() throws Exception {
        end();
        run("1.1.0", true);
        appliance.offer(content);
        order(sign("1.0.0"));
        waitFor(file("ready"));
    }

    @Test
    void sameVersionIsDoneAtOnce() throws Exception {
        assertThat(order(sign("1.1.0")).await().outcome()).isEqualTo(Outcome.DONE);
        assertThat(appliance.count(Message.FetchPackage.class)).isZero();
    }

    @Test
    void sourceTreeSaysThatItCannotBeUpgraded() throws Exception {
        end();
        run(Installation.read(work), false);
        assertFailed(order(sign("1.2.0")), "not installed from a package");
    }

    @Test
    void installationWithoutKeysTrustsNobody() throws Exception {
        Installation installation = installation("1.3.0");
        Files.delete(installation.home().resolve("release-keys/vendor.pem"));
        assertThatThrownBy(() -> installation.requireReplaceableBy(sign("1.4.0"), false))
                .isInstanceOf(ReleaseRefusedException.class)
                .hasMessageContaining("trusts no release key");
    }
}
