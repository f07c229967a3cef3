package dev.holdfast.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.snapshot.Irreplaceable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MovedSourcesTest {
    private static final SourceMount DISK = mount("/srv/data", "ext4", "UUID a", "/srv/data", "/");
    private static final SourceMount ROOT = mount("/srv/data", "ext4", "UUID b", "/", "/srv/data");

    private static SourceMount mount(String source, String type, String identity, String point, String inside) {
        try {
            return new SourceMount(
                    TreePath.parse(source), type, identity, TreePath.parse(point), TreePath.parse(inside));
        } catch (FormatException e) {
            throw new AssertionError(e);
        }
    }

    private static Optional<String> suspicion(SourceMount now, SourceMount... newestFirst) {
        List<Map<TreePath, SourceMount>> before = Stream.of(newestFirst)
                .map(each -> Irreplaceable.bySource(List.of(each)))
                .toList();
        return MovedSources.suspicion(before, Irreplaceable.bySource(List.of(now)))
                .map(Phrase::english);
    }

    @Test
    void emptyMountPointIsToldFromTheSecondSnapshotOn() {
        assertThat(suspicion(ROOT, DISK))
                .contains("/srv/data was on ext4 UUID a, mounted at /srv/data; this time it was on the file system of /"
                        + " (ext4 UUID b): the former may not be mounted");
    }

    @Test
    void anotherDiskInItsPlaceIsTold() {
        assertThat(suspicion(mount("/srv/data", "xfs", "UUID c", "/srv/data", "/"), DISK, DISK))
                .contains("/srv/data was on ext4 UUID a, mounted at /srv/data; this time xfs UUID c was mounted there:"
                        + " it may be another disk");
    }

    @Test
    void subvolumeThatIsNotMountedIsTold() {
        SourceMount home = mount("/home", "btrfs", "UUID a", "/home", "/@home");
        assertThat(suspicion(mount("/home", "btrfs", "UUID a", "/", "/@/home"), home))
                .hasValueSatisfying(why -> assertThat(why).contains("a subvolume or a bind mount may not be mounted"));
    }

    @Test
    void eachSourceIsLookedAt() {
        SourceMount etc = mount("/etc", "ext4", "UUID b", "/", "/etc");
        assertThat(MovedSources.suspicion(
                        List.of(Irreplaceable.bySource(List.of(etc, DISK))),
                        Irreplaceable.bySource(List.of(etc, ROOT))))
                .hasValueSatisfying(why -> assertThat(why.english()).startsWith("/srv/data was on"));
    }

    @Test
    void changeIsToldOnceAndTheReturnIsNone() {
        assertThat(suspicion(DISK)).isEmpty();
        assertThat(suspicion(DISK, DISK, DISK)).isEmpty();
        assertThat(suspicion(ROOT, ROOT, DISK, DISK)).isEmpty();
        assertThat(suspicion(DISK, ROOT, DISK, DISK)).isEmpty();
        // It is told again where it happens again.
        assertThat(suspicion(ROOT, DISK, DISK, DISK, DISK, ROOT)).isPresent();
        // Two disks by turns.
        SourceMount other = mount("/srv/data", "ext4", "UUID c", "/srv/data", "/");
        assertThat(suspicion(other, DISK, other, DISK, other)).isEmpty();
    }

    @Test
    void whatOlderClientsDoNotReportIsNoChange() {
        assertThat(MovedSources.suspicion(List.of(Map.of()), Irreplaceable.bySource(List.of(DISK))))
                .isEmpty();
        assertThat(MovedSources.suspicion(List.of(Irreplaceable.bySource(List.of(DISK))), Map.of()))
                .isEmpty();
        // Between two that did.
        assertThat(MovedSources.suspicion(
                        List.of(Map.of(), Irreplaceable.bySource(List.of(DISK))),
                        Irreplaceable.bySource(List.of(ROOT))))
                .isPresent();
    }
}
