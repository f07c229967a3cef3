package dev.holdfast.control.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.snapshot.SnapshotMode;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
import dev.holdfast.protocol.wire.Job;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a plan may say of what is backed up. */
class PlanTest {
    private static final Plan.When WHEN = new Plan.When("", "UTC", List.of(), 0, true, 0);
    private static final Plan.How HOW = new Plan.How(0, 0, 0, false, 5);

    private static Plan plan(List<String> paths, List<String> excludes, Plan.Options options) {
        return new Plan(new Plan.What(paths, excludes, false, "", "", 60, options), WHEN, HOW);
    }

    private static Plan.Options options(List<String> optional, List<String> anyCase, List<String> tags, String script) {
        return new Plan.Options(
                optional,
                anyCase,
                false,
                List.of(),
                0,
                tags,
                script,
                script.isEmpty() ? "" : "db.sql",
                null,
                null,
                null);
    }

    private static Plan snapshots(String mode, Integer percent, String script) {
        boolean stream = !script.isEmpty();
        return plan(
                stream ? List.of() : List.of("/home"),
                List.of(),
                new Plan.Options(
                        List.of(), List.of(), false, List.of(), 0, List.of(), script, script, null, mode, percent));
    }

    @Test
    void sourceSnapshotsOfDisksAreOfVolumes() {
        for (String mode : List.of("auto", "lvm", "btrfs", "zfs")) {
            Plan.Options options = new Plan.Options(
                    List.of(), List.of(), false, List.of(), 0, List.of(), "", "", List.of("/dev/vda"), mode, null);
            Plan plan = plan(List.of(), List.of(), options);
            if (mode.equals("auto") || mode.equals("lvm")) {
                plan.check(Instant.now());
            } else {
                assertThatThrownBy(() -> plan.check(Instant.now())).hasMessageContaining("of disks are taken by LVM");
            }
        }
    }

    @Test
    void sourceSnapshotsReachTheClient() throws Exception {
        Plan plan = snapshots("lvm", 25, "");
        plan.check(Instant.now());
        assertThat(Plan.parse(plan.json())).isEqualTo(plan);
        assertThat(plan.job(false).options().snapshots()).isEqualTo(new SourceSnapshots(SnapshotMode.LVM, 25));
        assertThat(snapshots("auto", null, "").job(false).options().snapshots())
                .isEqualTo(new SourceSnapshots(SnapshotMode.AUTO, 10));
        assertThat(snapshots("none", 25, "").what().options()).isEqualTo(Plan.Options.NONE);
        for (Plan wrong : List.of(
                snapshots("vss", null, ""),
                snapshots("lvm", 0, ""),
                snapshots("lvm", 101, ""),
                snapshots("auto", 9, "dump"))) {
            assertThatThrownBy(() -> wrong.check(Instant.now())).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "./build", "!keep", "{a,b}", "", "a//b", "~/x", "[z-a]", "x\\"})
    void patternsThatCanMatchNothingAreRefused(String pattern) {
        Plan exclude = plan(List.of("/home"), List.of("*.tmp", pattern), null);
        assertThatThrownBy(() -> exclude.check(Instant.now())).hasMessageStartingWith("pattern '");
        Plan anyCase = plan(List.of("/home"), List.of(), options(List.of(), List.of(pattern), List.of(), ""));
        assertThatThrownBy(() -> anyCase.check(Instant.now())).hasMessageStartingWith("pattern '");
    }

    @Test
    void optionsReachTheClient() throws Exception {
        Plan.Options options = options(List.of("/mnt/usb"), List.of("*.ISO"), List.of("weekly"), "");
        Plan plan = plan(List.of("/home"), List.of(), options);
        plan.check(Instant.now());
        assertThat(Plan.parse(plan.json())).isEqualTo(plan);
        assertThat(plan.job(false).options().optionalPaths()).containsExactly("/mnt/usb");
        assertThat(plan.job(false).options().tags()).containsExactly("weekly");
    }

    @Test
    void withoutOptionsItIsWhatOlderReleasesKnow() throws Exception {
        Plan plan = plan(List.of("/home"), List.of(), null);
        assertThat(plan.json()).doesNotContain("options");
        assertThat(Plan.parse(plan.json())).isEqualTo(plan);
        assertThat(plan.job(false).options()).isEqualTo(Job.Options.NONE);
    }

    @Test
    void itBacksUpPathsOrAStream() {
        plan(List.of(), List.of(), options(List.of(), List.of(), List.of(), "dump.sh"))
                .check(Instant.now());
        plan(List.of(), List.of(), options(List.of("/mnt"), List.of(), List.of(), ""))
                .check(Instant.now());
        for (Plan wrong : List.of(
                plan(List.of(), List.of(), null),
                plan(List.of("/home"), List.of(), options(List.of(), List.of(), List.of(), "dump.sh")),
                plan(List.of(), List.of(), options(List.of(), List.of(), List.of(), "../dump.sh")),
                plan(List.of("/home"), List.of(), options(List.of("mnt"), List.of(), List.of(), "")),
                plan(List.of("/home"), List.of(), options(List.of(), List.of(), List.of("a,b"), "")))) {
            assertThatThrownBy(() -> wrong.check(Instant.now())).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
