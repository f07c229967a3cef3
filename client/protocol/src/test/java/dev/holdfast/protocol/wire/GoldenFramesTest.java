package dev.holdfast.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.chunk.Packed;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Frames as released clients and appliances write them, one a line: the message's name, then the frame in hexadecimal digits.
 * A released line never changes; a new message adds a line. The test prints the lines that it expects where they differ.
 */
class GoldenFramesTest {
    private static final String FILE = "frames.golden";

    private static List<Message> messages() {
        return FramesTest.messages(Packed.raw(new byte[] {1, 2, 3}));
    }

    private static List<String> golden() throws IOException {
        try (InputStream in = GoldenFramesTest.class.getResourceAsStream(FILE)) {
            assertThat(in).as(FILE).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList();
        }
    }

    private static String line(Message message) {
        return message.getClass().getSimpleName() + " "
                + HexFormat.of().formatHex(Frames.encode(77, message).toByteArray());
    }

    @Test
    void writesReleasedFrames() throws IOException {
        assertThat(messages().stream().map(GoldenFramesTest::line).toList()).isEqualTo(golden());
    }

    @Test
    void readsReleasedFrames() throws IOException {
        List<String> lines = golden();
        List<Message> messages = messages();
        assertThat(lines).hasSameSizeAs(messages);
        for (int i = 0; i < lines.size(); i++) {
            byte[] frame = HexFormat.of().parseHex(lines.get(i).split(" ")[1]);
            Frames.Frame read = Frames.read(new ByteArrayInputStream(frame), bytes -> {});
            assertThat(read).isNotNull();
            assertThat(read.message()).usingRecursiveComparison().isEqualTo(messages.get(i));
        }
    }
}
