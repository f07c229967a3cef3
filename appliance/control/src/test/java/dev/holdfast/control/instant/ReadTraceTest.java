package dev.holdfast.control.instant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.image.Image;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.nbd.NbdExtent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The order in which parts of a disk are read: noted, kept, and followed. */
class ReadTraceTest {
    private static final long SIZE = 1L << 30;

    @TempDir
    private Path dir;

    /** Notes what is read ahead, up to a number of parts at the same time. */
    private static final class Asked implements Image {
        final List<Long> ahead = new ArrayList<>();
        int most = Integer.MAX_VALUE;

        @Override
        public long size() {
            return SIZE;
        }

        @Override
        public void read(long offset, ByteBuffer target) {}

        @Override
        public List<NbdExtent> status(long offset, long length, int count) {
            return List.of(NbdExtent.data(offset, length));
        }

        @Override
        public boolean ahead(long offset, long length) {
            if (ahead.size() >= most) {
                return false;
            }
            ahead.add(offset / ReadTrace.PART_BYTES);
            return true;
        }
    }

    private static void read(TracedImage image, int... parts) throws IOException {
        for (int each : parts) {
            image.read((long) each * ReadTrace.PART_BYTES + 512, ByteBuffer.allocate(512));
        }
    }

    @Test
    void partsAreNotedOnceInTheirOrderAndReadAheadNextTime() throws Exception {
        TracedImage first = new TracedImage(new Asked(), ReadTrace.NONE);
        read(first, 7, 7, 3, 100, 7, 2);
        assertThat(first.trace()).isEqualTo(new ReadTrace(new int[] {7, 3, 100, 2}));
        first.trace().write(dir.resolve("trace"));
        ReadTrace kept = ReadTrace.read(dir.resolve("trace"));
        assertThat(kept).isEqualTo(first.trace());

        Asked asked = new Asked();
        asked.most = 2;
        TracedImage second = new TracedImage(asked, kept);
        read(second, 5);
        assertThat(asked.ahead).as("unknown").isEmpty();
        read(second, 7);
        assertThat(asked.ahead).as("as many as there are threads for").containsExactly(3L, 100L);
        asked.most = 10;
        read(second, 3, 7, 2);
        assertThat(asked.ahead).as("each once").containsExactly(3L, 100L, 2L);
        assertThat(second.trace()).isEqualTo(new ReadTrace(new int[] {5, 7, 3, 2}));
    }

    @Test
    void partsBehindTheEndOfTheDiskAreNotReadAhead() throws Exception {
        Asked asked = new Asked();
        read(new TracedImage(asked, new ReadTrace(new int[] {1, Integer.MAX_VALUE, -1, 2})), 1);
        assertThat(asked.ahead).containsExactly(2L);
    }

    @Test
    void theFormatIsAsDescribedAndDamageIsNoticed() throws Exception {
        Path file = dir.resolve("trace");
        new ReadTrace(new int[] {1, 258}).write(file);
        byte[] bytes = Files.readAllBytes(file);
        assertThat(HexFormat.of().formatHex(bytes, 0, bytes.length - Integer.BYTES))
                .isEqualTo("4846545241430d0a" + "00000001" + "00000002" + "00000001" + "00000102");
        for (int at = 0; at < bytes.length; at++) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 4;
            assertThatThrownBy(() -> ReadTrace.parse(damaged)).isInstanceOf(FormatException.class);
            Files.write(file, damaged);
            assertThat(ReadTrace.read(file)).isEqualTo(ReadTrace.NONE);
        }
        assertThat(ReadTrace.read(dir.resolve("missing"))).isEqualTo(ReadTrace.NONE);
    }
}
