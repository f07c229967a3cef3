package dev.holdfast.protocol.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pages of version 2, which have inode flags; pages without any stay as they were. */
class InodeFlagsTest {
    private static final Attributes PLAIN =
            new Attributes(0644, 1, 2, new Timestamp(3, 4), new Timestamp(5, 6), 7, 0, 1, 0, List.of());
    private static final String PLAIN_PAGE = "48465047" + "01" + "00" + "00" + "01" + "0401" + "66" + "a403" + "0102"
            + "0604" + "0a06" + "07" + "01" + "00" + "00";
    private static final String FLAGGED_PAGE = "48465047" + "02" + "00" + "00" + "01" + "09" + "d001" + "e807" + "0401"
            + "66" + "a403" + "0102" + "0604" + "0a06" + "07" + "01" + "00" + "00";

    private static byte[] page(Attributes attributes) {
        PageWriter writer = new PageWriter();
        writer.add(new Node.Special("f".getBytes(StandardCharsets.US_ASCII), attributes, Node.Special.Type.FIFO, 0, 0));
        byte[][] taken = new byte[1][];
        writer.take((first, continuation, bytes, records) -> taken[0] = bytes);
        return taken[0];
    }

    @Test
    void aPageWithoutFlagsIsWhatItAlwaysWas() {
        assertThat(HexFormat.of().formatHex(page(PLAIN))).isEqualTo(PLAIN_PAGE);
    }

    @Test
    void aPageWithFlagsHasVersionTwo() throws FormatException {
        InodeFlags flags = new InodeFlags(InodeFlags.IMMUTABLE | InodeFlags.NO_DUMP | 0x80, 1000);
        byte[] bytes = page(PLAIN.withFlags(flags));
        assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(FLAGGED_PAGE);
        Page parsed = Page.parse(bytes);
        assertThat(parsed.records())
                .singleElement()
                .isInstanceOfSatisfying(
                        Node.Special.class,
                        node -> assertThat(node.attributes().flags()).isEqualTo(flags));
        assertThat(InodeFlags.letters(flags.bits())).isEqualTo("idA");
    }

    @Test
    void whatIsNoSuchPageIsRefused() {
        for (String wrong : List.of(
                // Flags in version 1, a later version, no flags at all, flags of a leave.
                FLAGGED_PAGE.replaceFirst("4846504702", "4846504701"),
                PLAIN_PAGE.replaceFirst("4846504701", "4846504703"),
                FLAGGED_PAGE.replace("09d001e807", "090000"),
                "48465047" + "02" + "00" + "00" + "01" + "09" + "1000" + "00")) {
            assertThatThrownBy(() -> Page.parse(HexFormat.of().parseHex(wrong))).isInstanceOf(FormatException.class);
        }
    }
}
