package dev.holdfast.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which disk goes where. */
class AssignmentTest {
    private static final SourceDisk SYSTEM = source("/dev/sda", 100, 512, "disk");
    private static final SourceDisk DATA = source("/dev/sdb", 300, 512, "disk");

    private static SourceDisk source(String path, long bytes, int sector, String type) {
        try {
            return new SourceDisk(TreePath.parse("disks" + path + ".raw"), path, bytes, sector, type);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static TargetDisk target(String device, long bytes, int sector) {
        return new TargetDisk(Path.of(device), bytes, sector, "", "");
    }

    private static Assignment.Source machine(TargetDisk... disks) {
        return new Assignment.Source() {
            @Override
            public List<TargetDisk> free() {
                return List.of(disks);
            }

            @Override
            public TargetDisk named(Path path) {
                return List.of(disks).stream()
                        .filter(each -> each.device().equals(path))
                        .findFirst()
                        .orElseThrow();
            }
        };
    }

    private static List<String> places(Assignment assignment) {
        return assignment.pairs().stream()
                .map(each -> each.source().path() + " " + each.target().device())
                .toList();
    }

    @Test
    void takesTheSmallestDiskThatIsLargeEnough() throws Exception {
        Assignment found = Assignment.of(
                List.of(SYSTEM, DATA),
                Map.of(),
                machine(
                        target("/dev/vda", 1000, 512),
                        target("/dev/vdb", 300, 512),
                        target("/dev/vdc", 99, 512),
                        target("/dev/vdd", 150, 4096)));
        // The larger one first: otherwise the small one could take its place.
        assertThat(places(found)).containsExactly("/dev/sda /dev/vda", "/dev/sdb /dev/vdb");
        assertThat(found.pairs().getFirst().larger()).isEqualTo(900);
    }

    @Test
    void namedPlacesGoFirst() throws Exception {
        Assignment.Source machine = machine(target("/dev/vda", 1000, 512), target("/dev/vdb", 400, 512));
        assertThat(places(Assignment.of(
                        List.of(SYSTEM, DATA), Map.of("/disks/dev/sdb.raw", Path.of("/dev/vda")), machine)))
                .containsExactly("/dev/sda /dev/vdb", "/dev/sdb /dev/vda");
        assertThat(places(Assignment.of(List.of(SYSTEM, DATA), Map.of("/dev/sda", Path.of("/dev/vda")), machine)))
                .containsExactly("/dev/sda /dev/vda", "/dev/sdb /dev/vdb");
    }

    @Test
    void refusesWhatDoesNotFitWithTheReason() {
        Assignment.Source small = machine(target("/dev/vda", 99, 512));
        assertRefused(List.of(SYSTEM), Map.of(), small, "no free disk of this machine can take /dev/sda");
        assertRefused(List.of(SYSTEM), Map.of("/dev/sda", Path.of("/dev/vda")), small, "as large at least");
        Assignment.Source sectors = machine(target("/dev/vda", 1000, 4096));
        assertRefused(List.of(SYSTEM), Map.of("/dev/sda", Path.of("/dev/vda")), sectors, "sectors of 4096 bytes");
        Assignment.Source large = machine(target("/dev/vda", 1000, 512));
        assertRefused(
                List.of(SYSTEM), Map.of("/dev/sdx", Path.of("/dev/vda")), large, "no disk '/dev/sdx'; it has /dev/sda");
        assertRefused(
                List.of(SYSTEM, DATA),
                Map.of("/dev/sda", Path.of("/dev/vda"), "/dev/sdb", Path.of("/dev/vda")),
                large,
                "/dev/vda is given for two disks");
        assertRefused(List.of(SYSTEM, DATA), Map.of(), large, "can take /dev/sda");
        assertRefused(
                List.of(source("/dev/vg/root", 50, 512, "lvm")),
                Map.of(),
                large,
                "is no whole disk (lvm); restore it with");
    }

    private static void assertRefused(
            List<SourceDisk> disks, Map<String, Path> named, Assignment.Source machine, String text) {
        assertThatThrownBy(() -> Assignment.of(disks, named, machine))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(text);
    }
}
