package dev.holdfast.control.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.image.Image;
import dev.holdfast.protocol.nbd.NbdExtent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Partition tables that sfdisk makes, and bytes that nobody made. */
class BootSectorsTest {
    private static final long SIZE = 4L << 20;

    @TempDir
    private Path dir;

    private record Bytes(byte[] bytes) implements Image {
        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void read(long offset, ByteBuffer target) throws IOException {
            target.put(bytes, Math.toIntExact(offset), target.remaining());
        }

        @Override
        public List<NbdExtent> status(long offset, long length, int most) {
            return List.of(NbdExtent.data(offset, length));
        }
    }

    private byte[] partitioned(String script) throws Exception {
        Path file = dir.resolve("disk.raw");
        Files.write(file, new byte[(int) SIZE]);
        Process sfdisk = new ProcessBuilder("sfdisk", "-q", file.toString()).start();
        sfdisk.getOutputStream().write(script.getBytes(StandardCharsets.US_ASCII));
        sfdisk.getOutputStream().close();
        assertThat(sfdisk.waitFor()).isZero();
        return Files.readAllBytes(file);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "label: gpt\\nstart=2048, size=2048, type=uefi\\nstart=4096, type=linux; true",
                "label: gpt\\nstart=2048, size=2048, type=linux\\nstart=4096, type=uefi; true",
                "label: gpt\\nstart=2048, type=linux; false",
                "label: dos\\nstart=2048, size=2048, type=ef\\nstart=4096, type=83; true",
                "label: dos\\nstart=2048, type=83; false",
            })
    void tablesOfSfdisk(String script, boolean uefi) throws Exception {
        byte[] disk = partitioned(script.replace("\\n", "\n") + "\n");
        assertThat(BootSectors.of(new Bytes(disk))).isEqualTo(new BootSectors(false, uefi));
        disk[0] = (byte) 0xEB;
        assertThat(BootSectors.of(new Bytes(disk))).isEqualTo(new BootSectors(true, uefi));
    }

    @Test
    void wrongTablesAreNone() throws Exception {
        byte[] disk = partitioned("label: gpt\nstart=2048, type=uefi\n");
        Random random = new Random(1);
        for (int i = 0; i < 2000; i++) {
            byte[] wrong = disk.clone();
            // In the header, behind its signature.
            for (int j = 0; j <= i % 4; j++) {
                wrong[512 + 8 + random.nextInt(84)] = (byte) random.nextInt();
            }
            assertThat(BootSectors.of(new Bytes(wrong)).bios()).isFalse();
        }
        for (int length : List.of(0, 511, 512, 8191)) {
            assertThat(BootSectors.of(new Bytes(new byte[length]))).isEqualTo(new BootSectors(false, false));
        }
        byte[] noise = new byte[1 << 20];
        random.nextBytes(noise);
        assertThat(BootSectors.of(new Bytes(noise)).uefi()).isFalse();
    }
}
