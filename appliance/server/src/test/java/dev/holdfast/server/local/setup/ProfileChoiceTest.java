package dev.holdfast.server.local.setup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.data.Machine;
import dev.holdfast.server.local.ApplianceSetup;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which profile fits which machine; and the sheet that is made with it. */
class ProfileChoiceTest {
    private static final String KEY = "HFRK-0000-1111-2222-3333-4444-5555-6666-7777-8888-9999-AAAA-BBBB-CCCC-DDDD";

    @ParameterizedTest
    @CsvSource({
        "2, 4, 100, dev, it needs 8.59 GB of memory; it needs 4 cores; the volumes have no more room than dev holds",
        "4, 16, 4000, hdr-1000, it needs 25.8 GB of memory; it needs 8 cores; the volumes have no more room",
        "16, 64, 4000, hdr-1000, not hdr-2000: the volumes have no more room than hdr-1000 holds",
        "4, 64, 40000, hdr-1000, not hdr-2000: it needs 8 cores",
        "16, 64, 40000, hdr-2000, 16 cores and room for 40.0 TB; hdr-2000 needs"
    })
    void largestThatMemoryCoresAndRoomCarry(int cores, long memory, long room, String profile, String reason)
            throws Exception {
        ProfileChoice choice = ProfileChoice.of(new Machine(cores, memory << 30), room * 1_000_000_000L);
        assertThat(choice.profile()).isEqualTo(profile);
        assertThat(String.join("\n", choice.reasons())).contains(reason);
    }

    private static RecoverySheet sheet() {
        return new RecoverySheet(
                new ApplianceSetup.Made(Path.of("/data"), "dev", "small", "ab".repeat(32), KEY), "office");
    }

    @Test
    void sheetHasTheKeyAndTypedGroupsAreCompared() {
        RecoverySheet sheet = sheet();
        assertThat(sheet.text()).contains(KEY).contains("11 AAAA").contains("office");
        assertThat(sheet.text().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(90));
        assertThat(sheet.matches(List.of(1, 11), "oOo0 aaaa")).isTrue();
        assertThat(sheet.matches(List.of(1, 11), "AAAA-0000")).isFalse();
        assertThat(sheet.matches(List.of(2, 3), "iL1I-2222")).isTrue();
        assertThat(sheet.matches(List.of(2, 3), "")).isFalse();
    }

    @Test
    void askedGroupsAreTwoOfAllAndVary() {
        Random random = new Random(1);
        List<List<Integer>> asked = java.util.stream.Stream.generate(() -> sheet().asked(random))
                .limit(200)
                .toList();
        assertThat(asked)
                .allSatisfy(each -> assertThat(each).hasSize(2).isSorted().doesNotHaveDuplicates());
        assertThat(asked.stream().flatMap(List::stream).distinct()).hasSize(14);
    }
}
