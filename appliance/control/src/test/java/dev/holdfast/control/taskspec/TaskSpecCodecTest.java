package dev.holdfast.control.taskspec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.release.ReleaseVersion;
import java.util.EnumSet;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The stored texts of tasks, which wait in databases while releases change. */
class TaskSpecCodecTest {
    private static final String ID = "00000000-0000-0001-0000-000000000002";
    private static final UUID SNAPSHOT = UUID.fromString(ID);

    /** A specification, and the text that releases store for it. */
    record Stored(TaskSpec spec, String text) {}

    static List<Stored> stored() {
        return List.of(
                new Stored(new TaskSpec.Forget(List.of(SNAPSHOT)), "{\"snapshots\":[\"" + ID + "\"]}"),
                new Stored(new TaskSpec.Retention(), "{}"),
                new Stored(new TaskSpec.RetentionPreview(), "{}"),
                new Stored(new TaskSpec.Collect(TaskSpec.Selection.DEFAULT), "{}"),
                new Stored(
                        new TaskSpec.Collect(new TaskSpec.Selection(100, 0)),
                        "{\"liveBelowPercent\":100,\"graceHours\":0}"),
                new Stored(new TaskSpec.CollectPreview(new TaskSpec.Selection(1, null)), "{\"liveBelowPercent\":1}"),
                new Stored(new TaskSpec.CountUsage(), "{}"),
                new Stored(TaskSpec.Scrub.NEXT, "{}"),
                new Stored(new TaskSpec.Scrub(true, List.of()), "{\"all\":true}"),
                new Stored(new TaskSpec.Scrub(false, List.of(3, 17)), "{\"containers\":[3,17]}"),
                new Stored(new TaskSpec.PruneAudit(), "{}"),
                new Stored(new TaskSpec.Drain(2, null, false), "{\"volume\":2}"),
                new Stored(new TaskSpec.Drain(0, 3, true), "{\"volume\":0,\"target\":3,\"retire\":true}"),
                new Stored(new TaskSpec.ReplaceLost(1, false), "{\"volume\":1}"),
                new Stored(new TaskSpec.ReplaceLost(1, true), "{\"volume\":1,\"dryRun\":true}"),
                new Stored(new TaskSpec.RemoveNode(7), "{\"node\":7}"),
                new Stored(new TaskSpec.Upload(), "{}"),
                new Stored(
                        new TaskSpec.Backup("nightly \"ü\"", 3, true),
                        "{\"plan\":\"nightly \\\"ü\\\"\",\"attempt\":3,\"fullRead\":true}"),
                new Stored(
                        new TaskSpec.Restore(SNAPSHOT, List.of("/a", "/b"), "/back", "if-changed"),
                        "{\"snapshot\":\"" + ID
                                + "\",\"paths\":[\"/a\",\"/b\"],\"target\":\"/back\",\"overwrite\":\"if-changed\"}"),
                new Stored(
                        new TaskSpec.Restore(SNAPSHOT, List.of(), "/back", "never"),
                        "{\"snapshot\":\"" + ID + "\",\"paths\":[],\"target\":\"/back\",\"overwrite\":\"never\"}"),
                new Stored(new TaskSpec.Verify(SNAPSHOT), "{\"snapshot\":\"" + ID + "\"}"),
                new Stored(
                        new TaskSpec.Drill(SNAPSHOT, 1L << 40, Long.MIN_VALUE),
                        "{\"snapshot\":\"" + ID + "\",\"sampleBytes\":1099511627776,\"seed\":-9223372036854775808}"),
                new Stored(
                        new TaskSpec.Boot(
                                SNAPSHOT,
                                "login:",
                                22,
                                true,
                                "exit 0",
                                600,
                                1024,
                                TaskSpec.Boot.Firmware.AUTO,
                                TaskSpec.Boot.Bus.SATA,
                                true),
                        "{\"snapshot\":\"" + ID
                                + "\",\"text\":\"login:\",\"port\":22,\"agent\":true,\"script\":\"exit 0\","
                                + "\"seconds\":600,\"memoryMib\":1024,\"firmware\":\"auto\",\"bus\":\"sata\",\"emulated\":true}"),
                new Stored(new TaskSpec.Upgrade(new ReleaseVersion("1.2.0")), "{\"version\":\"1.2.0\"}"));
    }

    @ParameterizedTest
    @MethodSource("stored")
    void specificationIsStoredAndReadBack(Stored stored) throws TaskSpecException {
        assertThat(TaskSpecCodec.encode(stored.spec)).isEqualTo(stored.text);
        assertThat(TaskSpecCodec.decode(stored.spec.kind().text(), stored.text)).isEqualTo(stored.spec);
    }

    @Test
    void everyKindIsStored() {
        assertThat(stored().stream().map(each -> each.spec.kind()).collect(Collectors.toSet()))
                .isEqualTo(EnumSet.allOf(TaskKind.class));
    }

    @Test
    void namesOfKindsAndStatesAreThoseOfEarlierReleases() {
        assertThat(Stream.of(TaskKind.values()).map(TaskKind::text))
                .containsExactly(
                        "forget",
                        "retention",
                        "retention-preview",
                        "gc",
                        "gc-preview",
                        "usage",
                        "scrub",
                        "audit-prune",
                        "drain",
                        "volume-lost",
                        "node-remove",
                        "upload",
                        "backup",
                        "restore",
                        "verify",
                        "drill",
                        "boot-drill",
                        "upgrade");
        assertThat(Stream.of(TaskState.values()).map(TaskState::text))
                .containsExactly("queued", "running", "done", "failed", "cancelled", "broken");
        assertThat(TaskState.of("postponed")).isEqualTo(TaskState.BROKEN);
    }

    @Test
    void textsOfEarlierReleasesAreRead() throws TaskSpecException {
        assertThat(TaskSpecCodec.decode("gc", "{\"all\":false,\"liveBelowPercent\":60,\"graceHours\":24}"))
                .isEqualTo(new TaskSpec.Collect(new TaskSpec.Selection(60, 24)));
        assertThat(TaskSpecCodec.decode("retention", "{\"all\":false}")).isEqualTo(new TaskSpec.Retention());
        assertThat(TaskSpecCodec.decode("scrub", "{\"all\":false}")).isEqualTo(TaskSpec.Scrub.NEXT);
        assertThat(TaskSpecCodec.decode("backup", "{\"plan\":\"nightly\"}"))
                .isEqualTo(new TaskSpec.Backup("nightly", 1, false));
        assertThat(TaskSpecCodec.decode(
                        "restore",
                        "{\"snapshot\":\"" + ID + "\",\"path\":\"/a\",\"target\":\"/back\",\"overwrite\":\"never\"}"))
                .isEqualTo(new TaskSpec.Restore(SNAPSHOT, List.of("/a"), "/back", "never"));
        assertThat(TaskSpecCodec.decode(
                        "restore",
                        "{\"snapshot\":\"" + ID + "\",\"path\":\"\",\"target\":\"/back\",\"overwrite\":\"never\"}"))
                .isEqualTo(new TaskSpec.Restore(SNAPSHOT, List.of(), "/back", "never"));
        assertThat(TaskSpecCodec.decode(
                        "drill", "{\"seed\":5,\"sampleBytes\":9,\"snapshot\":\"" + ID + "\",\"later\":[{}]}"))
                .isEqualTo(new TaskSpec.Drill(SNAPSHOT, 9, 5));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "gc      | ``                                  | not a JSON object",
                "gc      | nonsense                            | not valid JSON",
                "gc      | {} {}                               | not valid JSON",
                "gc      | {\"graceHours\":                    | not valid JSON",
                "gc      | []                                  | not a JSON object",
                "gc      | null                                | not a JSON object",
                "gc      | {\"graceHours\":\"24\"}             | 'graceHours' is not a whole number",
                "gc      | {\"graceHours\":1.5}                | 'graceHours' is not a whole number",
                "gc      | {\"graceHours\":99999999999}        | 'graceHours' is not a whole number",
                "gc      | {\"graceHours\":-1}                 | graceHours must not be negative",
                "gc      | {\"liveBelowPercent\":0}            | liveBelowPercent must be from 1 to 100",
                "scrub   | {\"all\":\"true\"}                  | 'all' is not true or false",
                "scrub   | {\"containers\":5}                  | 'containers' is not a list",
                "scrub   | {\"containers\":[\"5\"]}            | 'containers' is not a list of whole numbers",
                "forget  | {}                                  | 'snapshots' is missing",
                "forget  | {\"snapshots\":[\"x\"]}             | 'snapshots' is not a snapshot's identifier",
                "forget  | {\"snapshots\":[null]}              | 'snapshots' is not a list of texts",
                "backup  | {}                                  | 'plan' is missing",
                "backup  | {\"plan\":7}                        | 'plan' is not a text",
                "backup  | {\"plan\":\"p\",\"attempt\":0}      | attempt must be 1 or more",
                "restore | {\"target\":\"/\"}                  | 'snapshot' is missing",
                "verify  | {\"snapshot\":\"\"}                 | 'snapshot' is not a snapshot's identifier",
                "restore | {\"snapshot\":\"" + ID + "\",\"paths\":\"/a\"} | 'paths' is not a list",
                "drill   | {\"snapshot\":\"" + ID + "\",\"seed\":\"x\"}   | 'seed' is not a whole number",
            })
    void damagedTextIsRefused(String kind, String text, String why) {
        assertThatThrownBy(() -> TaskSpecCodec.decode(kind, text))
                .isInstanceOf(TaskSpecException.class)
                .hasMessageContaining("specification of this " + kind + " task is damaged")
                .hasMessageContaining(why)
                .hasMessageEndingWith("Request the task again");
    }

    @Test
    void deepNestingIsRefused() {
        String deep = "{\"x\":" + "[".repeat(100_000);
        assertThatThrownBy(() -> TaskSpecCodec.decode("gc", deep)).isInstanceOf(TaskSpecException.class);
    }

    @Test
    void unknownKindIsRefusedByName() {
        assertThatThrownBy(() -> TaskSpecCodec.decode("levitate", "{}"))
                .isInstanceOf(TaskSpecException.class)
                .hasMessageContaining("does not know tasks of kind 'levitate'");
        assertThatThrownBy(() -> TaskSpecCodec.decode("x".repeat(100_000), "{}"))
                .isInstanceOf(TaskSpecException.class)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }

    @Test
    void orderIsNotRunByTheApplianceNorItsOwnWorkOrdered() throws TaskSpecException {
        assertThat(TaskSpecCodec.decodeOwn("usage", "{}")).isEqualTo(new TaskSpec.CountUsage());
        String verify = "{\"snapshot\":\"" + ID + "\"}";
        assertThat(TaskSpecCodec.decodeOrder("verify", verify)).isEqualTo(new TaskSpec.Verify(SNAPSHOT));
        for (String kind : List.of("verify", "upload")) {
            assertThatThrownBy(() -> TaskSpecCodec.decodeOwn(kind, verify))
                    .isInstanceOf(TaskSpecException.class)
                    .hasMessageContaining("'" + kind + "' cannot be run from the appliance's queue");
        }
        for (String kind : List.of("gc", "upload")) {
            assertThatThrownBy(() -> TaskSpecCodec.decodeOrder(kind, "{}"))
                    .isInstanceOf(TaskSpecException.class)
                    .hasMessageContaining("'" + kind + "' cannot be ordered from a client");
        }
    }
}
