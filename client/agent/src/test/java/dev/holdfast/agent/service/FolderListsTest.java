package dev.holdfast.agent.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class FolderListsTest {
    @TempDir
    Path work;

    private static Message.Folders list(Path directory, String after) {
        return FolderLists.list(7, new Job.Folders(directory.toString(), after));
    }

    private static List<String> names(Message.Folders answer) {
        return answer.folders().stream().map(Message.Folder::name).toList();
    }

    @Test
    void foldersAloneAreListedByName() throws Exception {
        Files.createDirectories(work.resolve("b/deeper"));
        Files.createDirectory(work.resolve("数据"));
        Files.createDirectory(work.resolve("a b"));
        Files.writeString(work.resolve("file"), "x");
        Files.createSymbolicLink(work.resolve("link"), work.resolve("b"));
        try (Directory directory = Platform.current().open(work.toString().getBytes(StandardCharsets.UTF_8))) {
            directory.makeDirectory(new byte[] {'c', (byte) 0xff});
        }
        Message.Folders answer = list(work, "");
        assertThat(answer.question()).isEqualTo(7);
        assertThat(answer.problem()).isEmpty();
        assertThat(names(answer)).containsExactly("a b", "b", "数据");
        assertThat(answer.folders()).noneMatch(Message.Folder::mounted);
        assertThat(answer.next()).isEmpty();
        assertThat(answer.unnamed()).isEqualTo(1);
        // A place that people name may lie behind a symlink.
        assertThat(names(list(work.resolve("link"), ""))).containsExactly("deeper");
        assertThat(list(Path.of("/"), "").folders()).contains(new Message.Folder("proc", true));
    }

    @Test
    void longListIsContinuedWhereItWasCut() throws Exception {
        List<String> made = IntStream.rangeClosed(1, 2 * Message.Folders.MAX + 1)
                .mapToObj(i -> "%05d".formatted(i))
                .toList();
        for (String each : made) {
            Files.createDirectory(work.resolve(each));
        }
        List<String> listed = new ArrayList<>();
        List<Integer> sizes = new ArrayList<>();
        String after = "";
        do {
            Message.Folders answer = list(work, after);
            listed.addAll(names(answer));
            sizes.add(answer.folders().size());
            after = answer.next();
        } while (!after.isEmpty());
        assertThat(listed).isEqualTo(made);
        assertThat(sizes).containsExactly(Message.Folders.MAX, Message.Folders.MAX, 1);
    }

    @Test
    void whatCannotBeListedIsAProblemInWords() throws Exception {
        Path file = Files.writeString(work.resolve("file"), "x");
        assertThat(list(work.resolve("absent"), "").problem())
                .isEqualTo(work.resolve("absent") + ": No such file or directory");
        assertThat(list(file, "").problem()).isEqualTo(file + ": Not a directory");
        assertThat(FolderLists.list(1, new Job.Folders("srv", "")).problem())
                .isEqualTo("'srv' is not an absolute path");
    }
}
