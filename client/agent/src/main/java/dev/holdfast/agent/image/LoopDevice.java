package dev.holdfast.agent.image;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** A loop device of Linux. It ends when this is closed or this program ends, however that comes, and nobody else uses it. */
public final class LoopDevice implements AutoCloseable {
    private static final int SECONDS = 600;

    private final Path path;
    private final FileChannel held;

    private LoopDevice(Path path, FileChannel held) {
        this.path = path;
        this.held = held;
    }

    /**
     * Makes one over a file or device.
     *
     * @throws IOException where the system has no losetup, or it fails
     */
    public static LoopDevice over(Path of, String... options) throws IOException {
        List<String> words = new ArrayList<>(List.of("--find", "--show"));
        words.addAll(List.of(options));
        words.add(of.toString());
        Path path = Path.of(losetup(words));
        FileChannel held;
        try {
            held = FileChannel.open(path, StandardOpenOption.READ);
        } finally {
            // The kernel does it when the last who has it open closes it.
            losetup(List.of("--detach", path.toString()));
        }
        return new LoopDevice(path, held);
    }

    /** Which of them stand for a file; they write to it. */
    public static String of(Path file) throws IOException {
        return Command.find("losetup").isPresent()
                ? losetup(List.of("--noheadings", "--output", "NAME", "--associated", file.toString()))
                : "";
    }

    private static String losetup(List<String> arguments) throws IOException {
        Path program = Command.find("losetup")
                .orElseThrow(() -> new IOException("losetup (package mount or util-linux) is not installed"));
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(arguments);
        Command.Result result = Command.output(command);
        if (result.code() != 0) {
            // It says why on the other stream.
            result = Command.run(command, SECONDS);
        }
        if (result.code() != 0) {
            throw new IOException("losetup failed with exit code " + result.code() + ": "
                    + result.output().strip());
        }
        return result.output().strip();
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        held.close();
    }
}
