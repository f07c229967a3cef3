package dev.holdfast.agent.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.agent.image.Disks;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.qmp.Qmp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A backup that goes wrong at any of its commands, in any way, leaves nothing in the machine, at the latest after the next one. */
class VmDisksTest {
    private static final Qmp.Limits SHORT = new Qmp.Limits(Duration.ofMillis(200), Duration.ofMillis(200));
    private static final Qmp.Limits LONG = new Qmp.Limits(Duration.ofMinutes(1), Duration.ofMinutes(1));
    private static final int MANY_COMMANDS = 200;

    @TempDir
    Path dir;

    private FakeMachine machine;
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void start() throws IOException {
        machine = new FakeMachine(dir.resolve("qmp"));
    }

    @AfterEach
    void stop() throws IOException {
        machine.close();
    }

    private VmDisks.Request request() {
        return new VmDisks.Request(
                dir.resolve("qmp"),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                dir.resolve("state"),
                new VmDisks.Told() {
                    @Override
                    public void remark(String text) {
                        told.add(text);
                    }

                    @Override
                    public void warning(String text) {
                        told.add(text);
                    }
                });
    }

    private void open(Qmp.Limits limits) throws IOException {
        VmDisks.open(request(), limits).close();
    }

    private void mustBeClean(String why, Set<String> bitmaps) throws IOException {
        assertThat(machine.jobs).as(why).isEmpty();
        assertThat(machine.exports).as(why).isEmpty();
        assertThat(machine.nodes).as(why).isEmpty();
        assertThat(machine.server).as(why).isNull();
        assertThat(machine.bitmaps.keySet()).as(why).isEqualTo(bitmaps);
        assertThat(machine.bitmaps.values()).as(why).allMatch(each -> each);
        try (Stream<Path> files = Files.walk(dir.resolve("state"))) {
            assertThat(files.map(each -> each.getFileName().toString()))
                    .as(why)
                    .noneMatch(each -> each.startsWith("holdfast-") || each.equals("running"));
        }
    }

    /** As after an earlier snapshot: its bitmap is there, and this client knows. */
    private String earlierSnapshot() throws IOException {
        try (Qmp qmp = Qmp.connect(dir.resolve("qmp"), LONG)) {
            Machine is = Machine.of(qmp);
            try (MachineState state = MachineState.open(dir.resolve("state"), is, MachineState.Way.MONITOR)) {
                String bitmap = state.newBitmap();
                machine.bitmaps.put(bitmap, true);
                List<TreePath> names = Disks.names(List.of(is.path(is.disks().getFirst())));
                state.store(
                        names,
                        new Counted(
                                UUID.randomUUID(),
                                bitmap,
                                List.of(Counted.CountedDisk.of(is.disks().getFirst()))));
                return bitmap;
            }
        }
    }

    @ParameterizedTest
    @EnumSource(FakeMachine.Fault.class)
    void nothingIsLeftWhateverGoesWrong(FakeMachine.Fault fault) throws Exception {
        String bitmap = earlierSnapshot();
        Set<String> failed = new TreeSet<>();
        int commands = 0;
        for (int i = 0; i < MANY_COMMANDS; i++) {
            told.clear();
            machine.write("before " + commands);
            machine.failAfter(commands, fault);
            // Where no command goes wrong, there is no NBD server in the end.
            Throwable thrown = catchThrowable(() -> open(fault == FakeMachine.Fault.SILENT ? SHORT : LONG));
            assertThat(thrown).isInstanceOf(IOException.class);
            String at = machine.failed();
            if (at.isEmpty() && thrown.getMessage().contains("NBD server at")) {
                break;
            }
            failed.add(at);
            machine.write("after " + commands);
            String why = fault + " at command " + commands + ", " + at + "; told: " + told;
            if (told.stream().anyMatch(each -> each.contains("the next one removes"))) {
                machine.failAfter(-1, fault);
                assertThatThrownBy(() -> open(LONG)).hasMessageContaining("NBD server at");
            }
            mustBeClean(why, Set.of(bitmap));
            for (int each = 0; each <= commands; each++) {
                assertThat(machine.changes.get(bitmap)).as(why).contains("before " + each, "after " + each);
            }
            // On a busy host, an answer may come too late before the command that goes wrong.
            commands += at.isEmpty() ? 0 : 1;
        }
        assertThat(failed)
                .contains(
                        "query-block",
                        "blockdev-create",
                        "job-dismiss",
                        "blockdev-add",
                        "nbd-server-start",
                        "transaction",
                        "block-export-add",
                        "nbd-server-stop",
                        "job-cancel",
                        "blockdev-del");
        theOldBitmapStillCounts();
    }

    private void theOldBitmapStillCounts() throws IOException {
        machine.failAfter(-1, FakeMachine.Fault.REFUSED);
        assertThatThrownBy(() -> open(LONG)).hasMessageContaining("NBD server at");
        assertThat(told).noneMatch(each -> each.contains("read in full"));
    }

    @Test
    void onlyOneBackupOfAMachineRuns() throws Exception {
        try (Qmp qmp = Qmp.connect(dir.resolve("qmp"), LONG);
                MachineState held =
                        MachineState.open(dir.resolve("state"), Machine.of(qmp), MachineState.Way.MONITOR)) {
            assertThat(held.prefix()).startsWith("holdfast-");
            assertThatThrownBy(() -> MachineState.open(dir.resolve("state"), Machine.of(qmp), MachineState.Way.MONITOR))
                    .hasMessageContaining("another backup of the machine fake runs");
        }
    }

    @Test
    void whatOthersPutIntoTheMachineStays() throws Exception {
        machine.bitmaps.put("holdfast-00000000-1", true);
        machine.bitmaps.put("mine", true);
        assertThatThrownBy(() -> open(LONG)).hasMessageContaining("NBD server at");
        mustBeClean("", Set.of("holdfast-00000000-1", "mine"));

        machine.server = new SocketPeer(dir.resolve("other"), (in, out) -> {});
        assertThatThrownBy(() -> open(LONG)).hasMessageContaining("if it already runs for another program");
        assertThat(machine.server).isNotNull();
        machine.server.close();
        machine.server = null;
        mustBeClean("", Set.of("holdfast-00000000-1", "mine"));
    }
}
