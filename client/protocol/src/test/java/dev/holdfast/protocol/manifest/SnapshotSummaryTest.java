package dev.holdfast.protocol.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The bytes of snapshots' descriptions: those of version 1 never change. */
class SnapshotSummaryTest {
    private static final SnapshotSummary.Counts COUNTS = new SnapshotSummary.Counts(1, 2, 3, 4, 5, 6, 7, 8, 9);

    private static SnapshotSummary summary(String... tags) throws FormatException {
        return new SnapshotSummary(
                "host",
                "holdfast",
                1,
                2,
                List.of(TreePath.parse("/home")),
                List.of("*.tmp"),
                COUNTS,
                List.of(),
                List.of(tags),
                List.of());
    }

    @Test
    void withoutTagsItIsWhatItAlwaysWas() throws FormatException {
        byte[] bytes = summary().encode();
        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("0104686f737408686f6c6466617374010201" + "04686f6d65" + "01052a2e746d70"
                        + "010203040506070809" + "00");
        assertThat(SnapshotSummary.parse(bytes)).isEqualTo(summary());
    }

    @Test
    void withTagsItHasVersionTwo() throws FormatException {
        byte[] bytes = summary("weekly", "Büro 3").encode();
        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("0204686f737408686f6c6466617374010201" + "04686f6d65" + "01052a2e746d70"
                        + "010203040506070809" + "00" + "02" + "067765656b6c79" + "0742c3bc726f2033");
        assertThat(SnapshotSummary.parse(bytes)).isEqualTo(summary("weekly", "Büro 3"));
    }

    private static SnapshotSummary mounted(String... tags) throws FormatException {
        SnapshotSummary plain = summary(tags);
        TreePath home = TreePath.parse("/home");
        return new SnapshotSummary(
                plain.host(),
                plain.software(),
                plain.started(),
                plain.finished(),
                plain.sources(),
                plain.excludes(),
                plain.counts(),
                plain.report(),
                plain.tags(),
                List.of(new SourceMount(home, "ext4", "UUID 0a", home, TreePath.ROOT)));
    }

    @Test
    void withMountsItHasVersionThree() throws FormatException {
        byte[] bytes = mounted("weekly").encode();
        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("0304686f737408686f6c6466617374010201" + "04686f6d65" + "01052a2e746d70"
                        + "010203040506070809" + "00" + "01" + "067765656b6c79"
                        + "01" + "04686f6d65" + "0465787434" + "07555549442030" + "61" + "04686f6d65" + "00");
        assertThat(SnapshotSummary.parse(bytes)).isEqualTo(mounted("weekly"));
        assertThat(SnapshotSummary.parse(mounted().encode())).isEqualTo(mounted());
    }

    @Test
    void olderReadersGetWhatTheyUnderstand() throws FormatException {
        assertThat(mounted("weekly").forProtocol(1).encode())
                .isEqualTo(summary().encode());
        assertThat(mounted("weekly").forProtocol(2).encode())
                .isEqualTo(summary("weekly").encode());
        assertThat(mounted("weekly").forProtocol(3)).isEqualTo(mounted("weekly"));
    }

    @Test
    void tagsAreWords() {
        SnapshotSummary.requireTag("Büro 3: before-update");
        for (String tag : List.of("", " x", "a,b", "a\nb", "-x", "x".repeat(101))) {
            assertThatThrownBy(() -> SnapshotSummary.requireTag(tag)).hasMessageContaining("invalid tag");
        }
    }
}
