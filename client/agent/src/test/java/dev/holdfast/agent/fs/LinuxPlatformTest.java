package dev.holdfast.agent.fs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.InodeFlags;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinuxPlatformTest extends DirectoryContractTest {
    @Override
    Platform platform() {
        return new LinuxPlatform();
    }

    @Test
    void namesAreBytes() throws IOException {
        byte[] odd = {(byte) 0xFF, '\n', (byte) 0xC3};
        try (Directory directory = platform().open(bytes(dir.toString()))) {
            directory.createFile(odd).close();
            assertThat(directory.names()).containsExactly(odd);
            assertThat(directory.stat(odd).type()).isEqualTo(Stat.Type.FILE);
            directory.remove(odd, false);
        }
    }

    @Test
    void holesAreSeen() throws IOException {
        try (Directory directory = platform().open(bytes(dir.toString()));
                Directory.FileHandle file = directory.createFile(bytes("sparse"))) {
            file.write(1 << 20, new byte[4096], 0, 4096);
            file.truncate(3 << 20);
            assertThat(file.stat().sparse()).isTrue();
            assertThat(file.nextData(0)).isEqualTo(1 << 20);
            assertThat(file.nextHole(1 << 20)).isEqualTo((1 << 20) + 4096);
            assertThat(file.nextData(2 << 20)).isEqualTo(-1);
        }
    }

    @Test
    void aReplacedDirectoryIsNotTheSame() throws IOException {
        try (DirectoryNode.Pool pool = new DirectoryNode.Pool(1)) {
            DirectoryNode root = pool.root(platform().open(bytes(dir.toString())));
            java.nio.file.Files.createDirectory(dir.resolve("a"));
            java.nio.file.Files.createDirectory(dir.resolve("b"));
            DirectoryNode a = root.child(bytes("a"));
            assertThat(a.use(Directory::names)).isEmpty();
            a.release();
            java.nio.file.Files.move(dir.resolve("a"), dir.resolve("c"));
            java.nio.file.Files.move(dir.resolve("b"), dir.resolve("a"));
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> a.use(Directory::names))
                    .hasMessageContaining("replaced");
        }
    }

    private static Attributes attributes(int mode) {
        Attributes.Timestamp time = new Attributes.Timestamp(1, 0);
        return new Attributes(mode, 0, 0, time, time, 0, 0, 1, 0, List.of());
    }

    @Test
    void inodeFlagsAreSetAndThoseThatLockAreTold() throws IOException {
        try (Directory directory = platform().open(bytes(dir.toString()));
                Directory.FileHandle file = directory.createFile(bytes("flagged"))) {
            InodeFlags wanted = new InodeFlags(InodeFlags.NO_DUMP | 0x80 | InodeFlags.IMMUTABLE, 0);
            assertThat(file.apply(attributes(0600).withFlags(wanted)))
                    .singleElement()
                    .asString()
                    .contains("chattr +i");
            assertThat(file.flags().bits()).isEqualTo(InodeFlags.NO_DUMP | 0x80);
            // What it has, and the snapshot does not say, goes again.
            assertThat(file.apply(attributes(0600))).isEmpty();
            assertThat(file.flags()).isEqualTo(InodeFlags.NONE);
            directory.makeDirectory(bytes("d"));
            assertThat(directory.apply(
                            bytes("d"), Stat.Type.DIRECTORY, attributes(0700).withFlags(wanted)))
                    .hasSize(1);
            try (Directory below = directory.openDirectory(bytes("d"))) {
                assertThat(below.flags().bits()).isEqualTo(InodeFlags.NO_DUMP | 0x80);
            }
        }
    }
}
