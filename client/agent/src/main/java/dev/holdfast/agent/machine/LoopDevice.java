package dev.holdfast.agent.machine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Loop devices of Linux. */
final class LoopDevice {
    private LoopDevice() {}

    /** Makes one over a file or device, which the caller detaches. */
    static Path over(Path of, String... options) throws IOException {
        List<String> words = new ArrayList<>(List.of("--find", "--show"));
        words.addAll(List.of(options));
        words.add(of.toString());
        return Path.of(Tools.run("losetup", words.toArray(String[]::new)).strip());
    }

    static void detach(Path loop) throws IOException {
        Tools.run("losetup", "--detach", loop.toString());
    }
}
