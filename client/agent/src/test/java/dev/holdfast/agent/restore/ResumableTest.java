package dev.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumableTest {
    @TempDir
    Path target;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Stat changed(Directory directory, int mode, int uid) throws Exception {
        Stat made = directory.stat(bytes("partial"));
        Timestamp time = new Timestamp(1, 0);
        Attributes attributes = new Attributes(mode, uid, made.gid(), time, time, 0, 0, 1, 0, List.of());
        directory.apply(bytes("partial"), Stat.Type.FILE, attributes);
        return directory.stat(bytes("partial"));
    }

    @Test
    void onlyWhatAnAttemptOfOursLeftIsGoneOnWith() throws Exception {
        Platform platform = Platform.current();
        try (Directory directory = platform.open(bytes(target.toString()));
                Directory system = platform.open(bytes("/etc"))) {
            directory.createFile(bytes("partial")).close();
            int own = directory.stat(bytes("partial")).uid();
            assertThat(WorkFiles.resumable(directory.stat(bytes("partial")))).isTrue();
            assertThat(WorkFiles.resumable(changed(directory, 0622, own)))
                    .as("others may write")
                    .isFalse();
            assertThat(WorkFiles.resumable(changed(directory, 0644, own))).isTrue();
            // Only root can give a file away; to others, the system's files are somebody else's.
            Stat foreign =
                    platform.privileged() ? changed(directory, 0600, own + 12_345) : system.stat(bytes("passwd"));
            assertThat(foreign.uid()).isNotEqualTo(own);
            assertThat(WorkFiles.resumable(foreign)).as("somebody else's").isFalse();
            directory.remove(bytes("partial"), false);
            directory.createFile(bytes("partial")).close();
            directory.link(bytes("partial"), directory, bytes("other"));
            assertThat(WorkFiles.resumable(directory.stat(bytes("partial"))))
                    .as("has another name")
                    .isFalse();
            directory.makeSymlink(bytes("link"), bytes("partial"));
            assertThat(WorkFiles.resumable(directory.stat(bytes("link")))).isFalse();
        }
    }
}
