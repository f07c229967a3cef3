package dev.holdfast.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.agent.fs.Platform;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a program could do that a hostile file system has taken over. */
class JailTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path temporary;

    private Path disk;

    @BeforeEach
    void make() throws Exception {
        assumeTrue(Platform.current().privileged(), "only root makes loop devices");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "the system has no loop devices");
        byte[] content = new byte[3 * MIB];
        content[MIB] = 'x';
        disk = Files.write(temporary.toRealPath().resolve("disk"), content);
    }

    private static byte[] all(InputStream output) throws java.io.IOException {
        return output.readAllBytes();
    }

    @Test
    void itHasTheRangeAndNothingElse() throws Exception {
        byte[] before = Files.readAllBytes(disk);
        Path secret = Files.writeString(temporary.resolve("secret"), "secret");
        try (Jail jail = Jail.over(disk, new Range(MIB, MIB))) {
            byte[] range = jail.run("cat", List.of(jail.node()), JailTest::all).good();
            assertThat(range).hasSize(MIB);
            assertThat(range[0]).isEqualTo((byte) 'x');
            assertThat(jail.run("dd", List.of("if=/dev/zero", "of=" + jail.node(), "count=1"), JailTest::all)
                            .code())
                    .isNotZero();
            assertThat(jail.run("cat", List.of(secret.toString()), JailTest::all)
                            .code())
                    .isNotZero();
            assertThat(jail.run("cat", List.of(disk.toString()), JailTest::all).code())
                    .isNotZero();
            String status = new String(
                    jail.run("cat", List.of("/proc/self/status"), JailTest::all).good(), StandardCharsets.US_ASCII);
            assertThat(status).containsPattern("CapEff:\\s+0+\n").containsPattern("CapPrm:\\s+0+\n");
            assertThat(status).containsPattern("NoNewPrivs:\\s+1").doesNotContainPattern("Uid:\\s+0");
            assertThat(status).containsPattern("Groups:\\s+\n");
            String network = new String(
                    jail.run("cat", List.of("/proc/self/net/dev"), JailTest::all)
                            .good(),
                    StandardCharsets.US_ASCII);
            assertThat(network.lines().skip(2)).hasSize(1).first().asString().contains("lo:");
            assertThat(Path.of(jail.node())).exists();
        }
        assertThat(disk).hasBinaryContent(before);
    }

    /** What is left of a program must not keep the backup waiting, nor go on. */
    @Test
    @Timeout(60)
    void whatAProgramStartedEndsWithIt() throws Exception {
        try (Jail jail = Jail.over(disk, new Range(0, MIB))) {
            byte[] told = jail.run("sh", List.of("-c", "sleep 1234.5 & echo started"), JailTest::all)
                    .good();
            assertThat(new String(told, StandardCharsets.US_ASCII)).isEqualTo("started\n");
        }
        try (Jail jail = Jail.over(disk, new Range(0, MIB), 1)) {
            assertThat(jail.run("sh", List.of("-c", "sleep 1234.5 & sleep 1234.5"), JailTest::all)
                            .code())
                    .isNotZero();
        }
        assertThat(sleeping()).isEmpty();
    }

    @Test
    @Timeout(60)
    void anOrderToEndIsHeardWhileAProgramRuns() throws Exception {
        try (Jail jail = Jail.over(disk, new Range(0, MIB))) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> jail.run("sleep", List.of("1234.5"), JailTest::all))
                    .isInstanceOf(InterruptedIOException.class);
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(sleeping()).isEmpty();
    }

    private static List<ProcessHandle> sleeping() {
        return ProcessHandle.allProcesses()
                .filter(each -> each.info().commandLine().orElse("").contains("sleep 1234.5"))
                .toList();
    }

    @Test
    void jailsAtTheSameTimeHaveUsersOfTheirOwnAndFewProcesses() throws Exception {
        try (Jail one = Jail.over(disk, new Range(0, MIB));
                Jail two = Jail.over(disk, new Range(MIB, MIB))) {
            String first =
                    new String(one.run("id", List.of("-u"), JailTest::all).good(), StandardCharsets.US_ASCII);
            String second =
                    new String(two.run("id", List.of("-u"), JailTest::all).good(), StandardCharsets.US_ASCII);
            assertThat(first).isNotEqualTo(second);
            assertThat(one.run("cat", List.of(two.node()), JailTest::all).code())
                    .isNotZero();
            String many = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 5 & done; echo all";
            assertThat(one.run("sh", List.of("-c", many), JailTest::all).output())
                    .isEmpty();
        }
    }

    @Test
    void nothingIsLeftAndWhatAKilledProcessLeftIsRemoved() throws Exception {
        long gone = 1L << 30;
        Path left = Files.createDirectories(Path.of("/dev/holdfast-jail-" + gone + "-1"));
        Files.createFile(left.resolve("disk"));
        String node;
        try (Jail jail = Jail.over(disk, new Range(0, MIB))) {
            node = jail.node();
            assertThat(left).doesNotExist();
        }
        assertThat(Path.of(node)).doesNotExist();
        assertThat(Path.of(node).getParent()).doesNotExist();
    }

    @Test
    void whatTellsOfTroubleIsNotBelieved() {
        assertThat(new Jail.Ran<>("partclone.ext4", 0, "", """
                You are not logged as root. You may have "access denied" errors when working.
                Syncing... OK!
                """).trouble()).isFalse();
        assertThat(new Jail.Ran<>("partclone.btrfs", 0, "", "failed to read 5 in tree 7").trouble())
                .isTrue();
        assertThat(new Jail.Ran<>("partclone.xfs", 0, "", "can't read btree block 1/2").trouble())
                .isTrue();
        assertThat(new Jail.Ran<>("partclone.xfs", 1, "", "").trouble()).isTrue();
    }
}
