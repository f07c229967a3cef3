package dev.holdfast.agent.machine;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** A loop device of Linux. It ends when this is closed or this program ends, however that comes, and nobody else uses it. */
final class LoopDevice implements AutoCloseable {
    private final Path path;
    private final FileChannel held;

    private LoopDevice(Path path, FileChannel held) {
        this.path = path;
        this.held = held;
    }

    /** Makes one over a file or device. */
    static LoopDevice over(Path of, String... options) throws IOException {
        List<String> words = new ArrayList<>(List.of("--find", "--show"));
        words.addAll(List.of(options));
        words.add(of.toString());
        Path path =
                Path.of(Tools.printed("losetup", words.toArray(String[]::new)).strip());
        FileChannel held;
        try {
            held = FileChannel.open(path, StandardOpenOption.READ);
        } finally {
            // The kernel does it when the last who has it open closes it.
            Tools.run("losetup", "--detach", path.toString());
        }
        return new LoopDevice(path, held);
    }

    /** Which of them stand for a file; they write to it. */
    static String of(Path file) throws IOException {
        return Tools.has("losetup")
                ? Tools.printed("losetup", "--noheadings", "--output", "NAME", "--associated", file.toString())
                        .strip()
                : "";
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        held.close();
    }
}
