package dev.holdfast.agent.restore;

import static dev.holdfast.agent.restore.MemorySnapshot.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.FaultyDirectory;
import dev.holdfast.agent.fs.FaultyDirectory.Faults;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A target that fills up or fails ends a restore early, with no file under its name that is not whole; the next one goes on. */
@EnabledOnOs(OS.LINUX)
class FailingTargetTest {
    private static final int ENOENT = 2;
    private static final int EIO = 5;
    private static final int EACCES = 13;
    private static final int EINVAL = 22;
    private static final int ENAMETOOLONG = 36;
    private static final int ENOSPC = 28;
    private static final int EROFS = 30;
    private static final int ENOTCONN = 107;
    private static final int EDQUOT = 122;
    private static final int FILES = 500;
    private static final int FILE_BYTES = 2000;

    @TempDir
    Path target;

    /** Told by several writers at once. */
    private final List<String> problems = Collections.synchronizedList(new ArrayList<>());

    private final byte[][] large = new byte[40][];
    private MemorySnapshot snapshot;

    @BeforeEach
    void make() throws IOException {
        try (Directory like = Platform.current().open(bytes(target.toString()))) {
            snapshot = new MemorySnapshot(like);
        }
        Random random = new Random(1);
        for (int i = 0; i < large.length; i++) {
            large[i] = new byte[30_000];
            random.nextBytes(large[i]);
        }
        snapshot.directory("d");
        for (int i = 0; i < FILES; i++) {
            snapshot.file(name(i), content(i));
        }
        snapshot.leave().file("large", large);
    }

    private static String name(int i) {
        return "f%05d".formatted(i);
    }

    private static byte[] content(int i) {
        byte[] content = new byte[FILE_BYTES];
        new Random(i).nextBytes(content);
        return content;
    }

    private RestoreStats restore(Faults faults) throws IOException {
        RestoreStats stats = new RestoreStats();
        restore(faults, stats);
        return stats;
    }

    private void restore(Faults faults, RestoreStats stats) throws IOException {
        try (Directory directory = new FaultyDirectory(Platform.current().open(bytes(target.toString())), faults)) {
            snapshot.restore(
                    directory,
                    RestoreOptions.overwriting(Overwrite.IF_CHANGED),
                    Confinement.NONE,
                    stats,
                    (path, what) -> problems.add(path + ": " + what));
        }
    }

    /** Returns how many files have their names; all are whole. */
    private int whole() throws IOException {
        int whole = 0;
        try (Stream<Path> paths = Files.walk(target)) {
            for (Path each : paths.filter(Files::isRegularFile).toList()) {
                String name = String.valueOf(each.getFileName());
                if (name.startsWith("large")) {
                    assertThat(each).hasSize(large.length * 30_000L);
                    whole++;
                } else if (!name.startsWith(".holdfast-")) {
                    byte[] expected = content(Integer.parseInt(name.substring(1)));
                    assertThat(Arrays.equals(Files.readAllBytes(each), expected))
                            .as(name)
                            .isTrue();
                    whole++;
                }
            }
        }
        return whole;
    }

    private List<Path> left() throws IOException {
        try (Stream<Path> paths = Files.walk(target)) {
            return paths.filter(each -> String.valueOf(each.getFileName()).startsWith(".holdfast-"))
                    .toList();
        }
    }

    private void mustComplete() throws IOException {
        problems.clear();
        RestoreStats stats = restore(new Faults());
        assertThat(problems).isEmpty();
        assertThat(stats.losses()).isEmpty();
        assertThat(whole()).isEqualTo(FILES + 1);
        assertThat(left()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {ENOSPC, EDQUOT})
    void aFullTargetEndsIt(int errno) throws Exception {
        Faults faults = new Faults().room(600_000, errno);
        RestoreStats stats = new RestoreStats();
        Throwable failure = catchThrowable(() -> restore(faults, stats));
        assertThat(failure)
                .isInstanceOf(TargetFailedException.class)
                .hasMessageContaining("no room left")
                .hasMessageContaining("Rerun the command to resume");
        int whole = whole();
        assertThat(whole).isBetween(200, 300).isEqualTo((int) stats.files.sum());
        assertThat(problems).isEmpty();
        // What was under way when it filled up, not what would have followed.
        assertThat(faults.refused()).isLessThan(30);
        assertThat(left()).allMatch(each -> each.toFile().length() > 0);
        mustComplete();
    }

    @Test
    void whatIsLeftOfAFileIsNamedAndContinued() throws Exception {
        try (Directory like = Platform.current().open(bytes(target.toString()))) {
            snapshot = new MemorySnapshot(like);
        }
        snapshot.file("large", large);
        // Two chunks less than the file has.
        Faults faults = new Faults().room(38 * 30_000L, ENOSPC);
        assertThatThrownBy(() -> restore(faults))
                .isInstanceOf(TargetFailedException.class)
                .hasMessageContaining("1 file under a name that begins with .holdfast-partial-, in place of /large");
        assertThat(left()).hasSize(1);
        snapshot.fetched = 0;
        restore(new Faults());
        assertThat(snapshot.fetched).isBetween(2, 10);
        assertThat(target.resolve("large")).hasSize(large.length * 30_000L);
        assertThat(left()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {EROFS, EIO, ENOTCONN})
    void aTargetThatFailsEndsIt(int errno) throws Exception {
        for (int changes : List.of(0, 2, 3, 800)) {
            Faults faults = new Faults().changes(changes, errno);
            assertThatThrownBy(() -> restore(faults))
                    .isInstanceOf(TargetFailedException.class)
                    .hasMessageContaining("can no longer be written to");
            assertThat(faults.refused()).isLessThan(60);
            assertThat(problems).isEmpty();
            whole();
        }
        mustComplete();
    }

    @Test
    void aTargetThatTookWhatItCannotKeepEndsIt() throws Exception {
        // As an error makes a file system read-only: it has nothing to write any more, and is content.
        Faults readOnly = new Faults();
        readOnly.atSync(() -> readOnly.changes(0, EROFS));
        assertThatThrownBy(() -> restore(readOnly))
                .isInstanceOf(TargetFailedException.class)
                .hasMessageContaining("can no longer be written to")
                .hasMessageContaining("may lack content");
        for (int errno : List.of(EIO, ENOSPC)) {
            Files.delete(target.resolve("d/" + name(1)));
            assertThatThrownBy(() -> restore(new Faults().atSync(() -> {
                        throw FaultyDirectory.error(errno, new byte[0]);
                    })))
                    .isInstanceOf(OsException.class);
        }
        // A target that is full to the last byte has everything.
        Files.delete(target.resolve("d/" + name(1)));
        Faults full = new Faults();
        restore(full.atSync(() -> full.room(-1, ENOSPC)));
        mustComplete();
    }

    @Test
    void aFileSystemBelowTheTargetThatFailsIsListed() throws Exception {
        restore(new Faults());
        Files.delete(target.resolve("d/" + name(1)));
        restore(new Faults().mounted("d").atSync(() -> {
            throw FaultyDirectory.error(EIO, new byte[0]);
        }));
        assertThat(problems).hasSize(1).first().asString().startsWith("/d: the file system that is mounted here may");
        problems.clear();
        Files.delete(target.resolve("d/" + name(1)));
        restore(new Faults().mounted("d").atSync(() -> {
            Files.move(target.resolve("d"), target.resolve("elsewhere"));
            Files.createDirectory(target.resolve("d"));
        }));
        assertThat(problems).hasSize(1).first().asString().startsWith("/d: no longer leads to");
        Files.delete(target.resolve("d"));
        Files.move(target.resolve("elsewhere"), target.resolve("d"));
        mustComplete();
    }

    @Test
    void oneEntryThatFailsIsListedAndTheRestIsRestored() throws Exception {
        for (int errno : List.of(EIO, EROFS, EACCES)) {
            problems.clear();
            restore(new Faults().bad("d", errno));
            assertThat(problems).hasSize(1).first().asString().startsWith("/d: ");
            assertThat(whole()).isEqualTo(1);
        }
        mustComplete();
    }

    @Test
    void whatDoesNotFitIsListedAndTheRestIsRestored() throws Exception {
        for (int errno : List.of(ENOSPC, EDQUOT)) {
            problems.clear();
            assertThatThrownBy(() -> restore(new Faults().bad("d", errno)))
                    .isInstanceOf(TargetFailedException.class)
                    .hasMessageContaining("all else was restored")
                    .hasMessageContaining("rerun the command to resume");
            assertThat(problems).hasSize(1).first().asString().startsWith("/d: ");
            assertThat(whole()).isEqualTo(1);
        }
        mustComplete();
    }

    @Test
    void anEntryWhoseNameTheTargetCannotHaveIsKeptUnderAnother() throws Exception {
        for (int errno : List.of(EINVAL, ENOENT, ENAMETOOLONG)) {
            restore(new Faults().bad("d", errno));
            Files.deleteIfExists(target.resolve("large"));
            restore(new Faults().bad("large", errno));
            assertThat(problems).isNotEmpty().allMatch(each -> each.contains("kept as"));
            assertThat(left()).isEmpty();
            try (Stream<Path> entries = Files.list(target)) {
                assertThat(entries.map(each -> String.valueOf(each.getFileName())))
                        .hasSize(2)
                        .anyMatch(each -> each.startsWith("d.holdfast-kept-"))
                        .anyMatch(each -> each.startsWith("large.holdfast-kept-"));
            }
        }
        assertThat(whole()).isEqualTo(FILES + 1);
    }

    @Test
    void aTargetThatSomebodyRemovesEndsIt() throws Exception {
        Path gone = Files.createDirectory(target.resolve("gone"));
        try (Directory directory = Platform.current().open(bytes(gone.toString()))) {
            Files.delete(gone);
            assertThatThrownBy(() -> snapshot.restore(
                            directory,
                            RestoreOptions.overwriting(Overwrite.IF_CHANGED),
                            (path, what) -> problems.add(path + ": " + what)))
                    .isInstanceOf(TargetFailedException.class)
                    .hasMessageContaining("it was removed by another program");
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void aTargetThatIsMountedOverOrMovedIsNotTheOneRestoredInto() throws Exception {
        Path there = Files.createDirectory(target.resolve("there"));
        byte[] path = bytes(there.toString());
        try (Directory directory = Platform.current().open(path)) {
            Restore.requireInPlace(path, directory.stat());
            Files.move(there, target.resolve("moved"));
            assertThatThrownBy(() -> Restore.requireInPlace(path, directory.stat()))
                    .isInstanceOf(TargetFailedException.class)
                    .hasMessageContaining("no longer leads to");
            Files.createDirectory(there);
            assertThatThrownBy(() -> Restore.requireInPlace(path, directory.stat()))
                    .isInstanceOf(TargetFailedException.class)
                    .hasMessageContaining("no longer leads to");
        }
    }

    /** A process that is killed cannot tidy up: its owner's name in the work file says that it is gone. */
    @Test
    void whatADeadProcessLeftIsContinuedAndWhatALivingOneWritesIsNotTouched() throws Exception {
        WorkFiles other = new WorkFiles(snapshot.id);
        String living = new String(other.partial(bytes("large")), java.nio.charset.StandardCharsets.ISO_8859_1);
        String[] owner = living.substring(living.lastIndexOf('-') + 1).split("\\.");
        String ownerless = living.substring(0, living.lastIndexOf('-') + 1);
        String dead = ownerless + String.join(".", owner[0], owner[1], owner[2], "fffffff", "1", "1");
        // What the shell turns into never asks how its child ended.
        Process parent = new ProcessBuilder("sh", "-c", "sleep 0 & echo $!; exec sleep 600").start();
        long child = Long.parseLong(parent.inputReader().readLine());
        Path stat = Path.of("/proc/" + child + "/stat");
        while (!Files.readString(stat).contains(") Z ")) {
            Thread.sleep(10);
        }
        String start = Long.toHexString(Long.parseLong(Files.readString(stat).split(" ")[21]));
        String unreaped =
                ownerless + String.join(".", owner[0], owner[1], owner[2], Long.toHexString(child), start, "1");
        String rebooted = ownerless + String.join(".", owner[0], "00000000", owner[2], owner[3], owner[4], "1");
        String elsewhere = ownerless + String.join(".", "00000000", owner[1], owner[2], owner[3], owner[4], "1");
        String container = ownerless + String.join(".", owner[0], owner[1], "00000000", owner[3], owner[4], "1");
        byte[] begun = Arrays.copyOf(large[0], 30_000);
        for (String each : List.of(living, dead, unreaped, rebooted, elsewhere, container)) {
            try (Directory directory = Platform.current().open(bytes(target.toString()));
                    Directory.FileHandle file = directory.createFile(bytes(each))) {
                file.write(0, begun, 0, begun.length);
            }
        }
        RestoreStats stats = restore(new Faults());
        parent.destroyForcibly().waitFor();
        assertThat(left().stream().map(each -> String.valueOf(each.getFileName())))
                .containsExactlyInAnyOrder(living, elsewhere, container);
        assertThat(stats.losses()).hasSize(1);
        assertThat(Objects.requireNonNull(stats.losses().getFirst()).entries()).isEqualTo(2);
        assertThat(whole()).isEqualTo(FILES + 1);
        other.close();
        restore(new Faults());
        assertThat(left().stream().map(each -> String.valueOf(each.getFileName())))
                .containsExactlyInAnyOrder(elsewhere, container);
    }
}
