package dev.holdfast.agent.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.memory.MemoryAppliance;
import dev.holdfast.agent.memory.TestClient;
import dev.holdfast.agent.memory.TestTree;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Message.Outcome;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The service does what an appliance in memory orders, over real TLS. */
@EnabledOnOs(OS.LINUX)
class ServiceTest {
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    Path work;

    private MemoryAppliance appliance;
    private TestClient client;
    private Path source;
    private Path allowed;
    private Service service;
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> ran = new CompletableFuture<>();

    @BeforeEach
    void start() throws Exception {
        appliance = new MemoryAppliance();
        client = new TestClient(appliance, "node", work.resolve("state"));
        source = new TestTree(99).bulk(work.resolve("source"), 5, 200_000);
        allowed = work.resolve("restored");
        service = new Service(client.state, new RestoreRights(List.of(allowed), false), said::add);
        Thread.ofPlatform().daemon().name("service").start(() -> {
            try {
                service.run();
                ran.complete(null);
            } catch (IOException | InterruptedException | RuntimeException e) {
                ran.completeExceptionally(e);
            }
        });
    }

    /** Waits for the thread too: it may still connect, which writes to the directory that is deleted next. */
    @AfterEach
    void stop() throws Exception {
        service.close();
        ran.handle((done, failure) -> null).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        appliance.close();
    }

    private MemoryAppliance.Task order(Job job) {
        return appliance.order(client.identity.nodeId(), job);
    }

    private Job.Backup backup(String before, String after, Job.Limits limits) {
        return new Job.Backup(List.of(source.toString()), List.of(), false, false, before, after, 60, limits);
    }

    private Job.Backup backup() {
        return backup("", "", Job.Limits.NONE);
    }

    private static JsonNode result(Message.Ended ended) throws IOException {
        assertThat(ended.outcome()).as(ended.reason()).isEqualTo(Outcome.DONE);
        return new ObjectMapper().readTree(ended.result());
    }

    private UUID snapshot() throws Exception {
        return UUID.fromString(result(order(backup()).await()).get("snapshot").asText());
    }

    /** On threads of the appliance, while the client waits for an answer. */
    private static void waitFor(BooleanSupplier condition) {
        try {
            for (long left = PATIENCE_SECONDS * 100; !condition.getAsBoolean(); left--) {
                assertThat(left).as("the client does nothing").isPositive();
                Thread.sleep(10);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void backupAndRestoreByOrder() throws Exception {
        JsonNode made = result(order(backup()).await());
        assertThat(made.get("files").asLong()).isEqualTo(5);
        assertThat(made.get("problems").asLong()).isZero();
        UUID snapshot = UUID.fromString(made.get("snapshot").asText());
        Path target = allowed.resolve("today");
        JsonNode restored =
                result(order(new Job.Restore(snapshot, List.of(source.toString()), target.toString(), "if-changed"))
                        .await());
        assertThat(restored.get("files").asLong()).isEqualTo(5);
        TestClient.assertSame(source, target.resolve("source"));
        assertThat(said).anyMatch(line -> line.contains("backup of " + source));
    }

    @Test
    void restoreGoesNowhereElse() throws Exception {
        UUID snapshot = snapshot();
        Files.createDirectories(allowed);
        Files.createSymbolicLink(allowed.resolve("way-out"), work);
        for (String target : List.of(
                work.resolve("elsewhere").toString(),
                allowed.resolve("../elsewhere").toString(),
                allowed.resolve("way-out/elsewhere").toString(),
                client.state.toString(),
                "relative")) {
            Message.Ended ended = order(new Job.Restore(snapshot, List.of(), target, "if-changed"))
                    .await();
            assertThat(ended.outcome()).as(target).isEqualTo(Outcome.FAILED);
            assertThat(ended.reason()).contains(target);
        }
        assertThat(work.resolve("elsewhere")).doesNotExist();
    }

    @Test
    void policyThatTheClientDoesNotKnowFails() throws Exception {
        Message.Ended ended = order(new Job.Restore(snapshot(), List.of(), allowed.toString(), "sometimes"))
                .await();
        assertThat(ended.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(ended.reason()).contains("sometimes");
    }

    @Test
    void verificationAndDrillByOrder() throws Exception {
        UUID snapshot = snapshot();
        assertThat(result(order(new Job.Verify(snapshot)).await()).get("files").asLong())
                .isEqualTo(5);
        JsonNode drill = result(order(new Job.Drill(snapshot, 10 << 20, 42)).await());
        assertThat(drill.get("files").asLong()).isEqualTo(5);
        assertThat(drill.get("identical").asLong()).isEqualTo(5);
        assertThat(drill.get("wrong").asLong()).isZero();
        appliance.damage(appliance.content(snapshot).keySet().iterator().next());
        MemoryAppliance.Task verify = order(new Job.Verify(snapshot));
        assertThat(verify.await().outcome()).isEqualTo(Outcome.FAILED);
        assertThat(verify.log()).anyMatch(line -> line.startsWith("damaged: " + source));
    }

    @Test
    void orderThatCameTwiceIsDoneOnce() throws Exception {
        appliance.listen(message -> {
            if (message instanceof Message.OpenOrdered) {
                appliance.listen(next -> {});
                repeatAll();
            }
        });
        task = order(backup());
        result(task.await());
        assertThat(appliance.count(Message.OpenOrdered.class)).isEqualTo(1);
        assertThat(appliance.count(Message.Commit.class)).isEqualTo(1);
    }

    private volatile MemoryAppliance.Task task;

    private void repeatAll() {
        waitFor(() -> task != null);
        try {
            appliance.repeat(task);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void control(Job job) {
        waitFor(() -> task != null);
        try {
            appliance.control(task, job);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void pausedBackupStandsStillUntilItIsResumed() throws Exception {
        appliance.listen(message -> {
            if (message instanceof Message.OpenOrdered) {
                control(new Job.Pause());
                waitFor(() -> task.steps().contains("paused"));
            }
        });
        task = order(backup());
        waitFor(() -> task.steps().stream().filter("paused"::equals).count() > 1);
        assertThat(appliance.count(Message.Put.class)).isZero();
        control(new Job.Resume());
        assertThat(result(task.await()).get("files").asLong()).isEqualTo(5);
        assertThat(task.log()).contains("paused", "resumed");
    }

    @Test
    void cancelledBackupMakesNoSnapshot() throws Exception {
        appliance.listen(message -> {
            if (message instanceof Message.OpenOrdered) {
                control(new Job.Cancel());
                waitFor(() -> task.isEnded());
            }
        });
        task = order(backup());
        assertThat(task.await().outcome()).isEqualTo(Outcome.CANCELLED);
        assertThat(appliance.count(Message.Commit.class)).isZero();
    }

    @Test
    void progressOfABackupGrowsTowardsATotalThatItDoesNotReach() throws Exception {
        task = order(backup("", "", new Job.Limits(1, 400_000, 0, false)));
        result(task.await());
        List<Message.Progress> told = task.progress().stream()
                .filter(each -> each.step().equals("bytes seen"))
                .toList();
        assertThat(told).extracting(Message.Progress::done).isSorted();
        assertThat(told).allMatch(each -> each.total() == 0 || each.total() == 1_000_000 && each.done() < each.total());
        assertThat(told.stream()
                        .filter(each -> each.total() > 0 && each.done() > 0)
                        .map(Message.Progress::done)
                        .distinct())
                .hasSizeGreaterThan(1);
        Message.Figures last = Objects.requireNonNull(told.getLast().figures());
        assertThat(last.files()).isEqualTo(5);
        assertThat(last.scanned()).isEqualTo(1_000_000);
        assertThat(last.transferred()).isPositive();
        assertThat(last.path()).startsWith(source.resolve("bulk-").toString());
    }

    @Test
    void applianceOfBeforeIsToldWhatItCanRead() throws Exception {
        for (int version : List.of(Frames.FIGURES, Frames.RENEWALS)) {
            CompletableFuture<Message.Attend> attended = new CompletableFuture<>();
            appliance.speak(version);
            appliance.listen(message -> {
                if (message instanceof Message.Attend attend) {
                    attended.complete(attend);
                }
            });
            appliance.cut();
            Message.Attend attend = attended.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            boolean newer = version >= Frames.FIGURES;
            assertThat(attend.restoreBelow()).isEqualTo(newer ? List.of(allowed.toString()) : null);
            MemoryAppliance.Task ordered = order(backup());
            result(ordered.await());
            assertThat(ordered.progress())
                    .isNotEmpty()
                    .allMatch(each ->
                            newer == (each.figures() != null) || each.step().isEmpty());
        }
    }

    @Test
    void foldersAreListedWhenTheApplianceAsks() throws Exception {
        CompletableFuture<Message.Folders> answered = new CompletableFuture<>();
        appliance.listen(message -> {
            if (message instanceof Message.Folders folders) {
                answered.complete(folders);
            }
        });
        Files.createDirectories(work.resolve("tree/inner"));
        order(new Job.Folders(work.resolve("tree").toString(), ""));
        Message.Folders answer = answered.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(answer.problem()).isEmpty();
        assertThat(answer.folders()).containsExactly(new Message.Folder("inner", false));
        // It is no task: nothing is told of it.
        assertThat(appliance.count(Message.Ended.class)).isZero();
    }

    @Test
    void directoriesAreToldAsTheyAreNamedAndAsTheyAre() throws Exception {
        Path real = Files.createDirectory(work.resolve("real")).toRealPath();
        Path link = Files.createSymbolicLink(work.resolve("link"), real);
        assertThat(new RestoreRights(List.of(link, real), false).told())
                .contains(List.of(link.toString(), real.toString()));
        assertThat(new RestoreRights(List.of(work.resolve("absent")), false).told())
                .contains(List.of(work.resolve("absent").toString()));
        List<Path> many = IntStream.rangeClosed(0, Message.Attend.MAX_DIRECTORIES)
                .mapToObj(i -> Path.of("/absent-" + i))
                .toList();
        assertThat(new RestoreRights(many, false).told()).isEmpty();
    }

    private void script(String name, String text) throws IOException {
        Path script = Files.writeString(client.state.resolve("scripts").resolve(name), "#!/bin/sh\n" + text);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void scriptsRunBeforeAndAfterABackup() throws Exception {
        script("prepare", "echo prepared; echo from-script > '" + source.resolve("made-by-script") + "'\n");
        script("release", "echo \"released $HOLDFAST_RESULT\"\n");
        MemoryAppliance.Task ordered = order(backup("prepare", "release", Job.Limits.NONE));
        assertThat(result(ordered.await()).get("files").asLong()).isEqualTo(6);
        assertThat(ordered.log()).contains("prepare: prepared", "release: released done");
    }

    @Test
    void failingScriptMakesNoSnapshotAndTheOtherOneRuns() throws Exception {
        script("prepare", "exit 3\n");
        script("release", "echo \"released $HOLDFAST_RESULT\"\n");
        MemoryAppliance.Task ordered = order(backup("prepare", "release", Job.Limits.NONE));
        Message.Ended ended = ordered.await();
        assertThat(ended.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(ended.reason()).isEqualTo("script prepare ended with exit code 3");
        assertThat(PhraseJson.read(new ObjectMapper()
                        .readTree(ended.result())
                        .path("reason")
                        .toString()))
                .contains(Phrase.of("client.script-failed")
                        .with("script", "prepare")
                        .with("code", 3));
        assertThat(ordered.log()).contains("release: released failed");
        assertThat(appliance.count(Message.Commit.class)).isZero();
        assertThat(order(backup("absent", "", Job.Limits.NONE)).await().reason())
                .contains("absent does not exist");
    }

    @Test
    void streamOfAScriptIsBackedUp() throws Exception {
        script("dump", "echo the dump\n");
        Job.Options options = new Job.Options(
                List.of(), List.of(), false, List.of(), 0, List.of("db"), "dump", "dump.sql", List.of());
        UUID snapshot = UUID.fromString(
                result(order(new Job.Backup(List.of(), List.of(), false, false, "", "", 60, Job.Limits.NONE, options))
                                .await())
                        .get("snapshot")
                        .asText());
        client.restore(snapshot, work.resolve("out"));
        assertThat(work.resolve("out/dump.sql")).hasContent("the dump");
    }

    @Test
    void limitsOfAnOrderLetItThrough() throws Exception {
        Job.Limits limits = new Job.Limits(1, 5_000_000, 5_000_000, false);
        assertThat(result(order(backup("", "", limits)).await()).get("files").asLong())
                .isEqualTo(5);
    }

    @Test
    void serviceComesBackAfterALostConnection() throws Exception {
        snapshot();
        appliance.cut();
        // Ordered while the service is away, or still believed to be there.
        task = order(backup());
        assertThat(result(task.await()).get("filesReused").asLong()).isNotNegative();
        assertThat(said).contains("The appliance is back");
    }

    @Test
    void revokedServiceEnds() throws Exception {
        waitFor(() -> said.contains("Ready for orders"));
        appliance.revoke(client.identity.nodeId());
        appliance.cut();
        assertThatThrownBy(() -> ran.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REVOKED));
    }

    @Test
    void stateDirectoryHasOneService() {
        assertThatThrownBy(() -> new Service(client.state, new RestoreRights(List.of(), false), said::add))
                .hasMessageContaining("another service of this node runs already");
    }
}
