package dev.holdfast.control.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a machine says and shows, which may be anything. */
class SerialConsoleTest {
    private static final int WRITTEN = 64 << 20;
    private static final int AT_ONCE = 4001;

    /** Repeats a text, a part at each reading. */
    private static final class Repeated extends InputStream {
        private final byte[] text;
        private long at;

        Repeated(String text) {
            this.text = text.getBytes(StandardCharsets.US_ASCII);
        }

        @Override
        public int read() {
            return at >= WRITTEN ? -1 : text[(int) (at++ % text.length)];
        }

        @Override
        public int read(byte[] target, int from, int length) {
            if (at >= WRITTEN) {
                return -1;
            }
            int count = Math.min(length, AT_ONCE);
            for (int i = 0; i < count; i++) {
                target[from + i] = (byte) read();
            }
            return count;
        }
    }

    private static SerialConsole said(String wanted, InputStream in) throws IOException {
        SerialConsole console = new SerialConsole(wanted);
        console.read(in);
        return console;
    }

    private static SerialConsole said(String wanted, String text) throws IOException {
        return said(wanted, new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void keepsTheEndOfWhatIsWrittenWithoutAnEnd() throws IOException {
        SerialConsole lines = said("never", new Repeated("a line of the guest\r\n"));
        assertThat(lines.lines()).hasSize(40).contains("a line of the guest");
        assertThat(lines.seen()).isZero();
        SerialConsole one = said("never", new Repeated("endless "));
        assertThat(one.lines()).hasSize(1);
        assertThat(one.lines().getFirst()).hasSize(200);
    }

    @Test
    void findsATextWhereverReadingsCutIt() throws IOException {
        for (int before = 0; before < 20; before++) {
            int cut = before;
            InputStream parts = new SequenceInputStream(
                    new ByteArrayInputStream("x".repeat(20 - cut).getBytes(StandardCharsets.US_ASCII)),
                    new SequenceInputStream(
                            new ByteArrayInputStream(
                                    "vm1 log".substring(0, cut % 7).getBytes(StandardCharsets.US_ASCII)),
                            new ByteArrayInputStream(
                                    ("vm1 login: ".substring(cut % 7)).getBytes(StandardCharsets.US_ASCII))));
            assertThat(said("vm1 login:", parts).seen()).as("cut at %d", cut).isNotZero();
        }
        assertThat(said("login:", "logi").seen()).isZero();
        assertThat(said("", "anything").seen()).isZero();
        assertThat(said("login:", "").began()).isZero();
    }

    @Test
    void showsLinesWithoutWhatControlsATerminal() throws IOException {
        assertThat(said("", "\u001b[2J\u001b[1;31mred\u001b[0m\r\n\r\n\u0007bell\u202e\rover\ttab\n")
                        .lines())
                .containsExactly("red", "bell", "over\ttab");
    }

    @Test
    void picturesOfAnythingAreMadeOrRefused(@TempDir Path dir) throws IOException {
        Path file = dir.resolve("screen.ppm");
        Files.writeString(file, "P6\n2 1\n255\nabcdef", StandardCharsets.US_ASCII);
        Screenshot made = Screenshot.ofPpm(file);
        assertThat(made.width()).isEqualTo(2);
        assertThat(made.png()).startsWith(0x89, 'P', 'N', 'G');
        for (String wrong : new String[] {
            "",
            "P5\n2 1\n255\nabcdef",
            "P6\n2 1\n255\nabcde",
            "P6\n0 1\n255\n",
            "P6\n9999 9999\n255\n",
            "P6\n99999999999 1\n255\n",
            "P6\n-1 1\n255\n",
            "P6\n2 1\n65535\nabcdef"
        }) {
            Files.writeString(file, wrong, StandardCharsets.US_ASCII);
            assertThatThrownBy(() -> Screenshot.ofPpm(file)).as(wrong).isInstanceOf(IOException.class);
        }
    }
}
