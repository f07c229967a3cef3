package dev.holdfast.agent.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The command line's words as bytes, since a path that is no UTF-8 does not survive the trip through a String. */
final class RawArguments {
    private RawArguments() {}

    /** The bytes of an argument that Java may have decoded with loss. */
    static byte[] bytes(String argument) {
        if (argument.indexOf('\uFFFD') >= 0) {
            try {
                byte[] all = Files.readAllBytes(Path.of("/proc/self/cmdline"));
                for (int from = 0; from < all.length; ) {
                    int end = from;
                    while (end < all.length && all[end] != 0) {
                        end++;
                    }
                    byte[] raw = Arrays.copyOfRange(all, from, end);
                    if (new String(raw, StandardCharsets.UTF_8).equals(argument)) {
                        return raw;
                    }
                    from = end + 1;
                }
            } catch (IOException e) {
                // Not on Linux: the text is all there is.
            }
        }
        return argument.getBytes(StandardCharsets.UTF_8);
    }
}
