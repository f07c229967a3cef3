package dev.holdfast.agent.cli;

import dev.holdfast.protocol.text.LooseText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The command line's words as the bytes that they are. Java decodes them by the locale and loses what does not fit: all
 * that is not ASCII where a locale is named that is not installed. Words are text as {@link LooseText} has it.
 */
final class RawArguments {
    private static final Path OWN = Path.of("/proc/self/cmdline");

    private RawArguments() {}

    /** The words of this process, which Java may have decoded with loss. */
    static String[] reread(String[] decoded) {
        try {
            List<String> words = words(Files.readAllBytes(OWN));
            // The last words are the program's own; before them are Java's.
            int java = words.size() - decoded.length;
            if (java > 0 && plausible(words.subList(java, words.size()), decoded)) {
                return words.subList(java, words.size()).toArray(String[]::new);
            }
        } catch (IOException e) {
            // Not on Linux, where Java knows better.
        }
        return decoded;
    }

    private static List<String> words(byte[] all) {
        List<String> words = new ArrayList<>();
        for (int from = 0; from < all.length; ) {
            int end = from;
            while (end < all.length && all[end] != 0) {
                end++;
            }
            words.add(LooseText.of(Arrays.copyOfRange(all, from, end)));
            from = end + 1;
        }
        return words;
    }

    /** Whether what is ASCII in both is the same. */
    private static boolean plausible(List<String> raw, String[] decoded) {
        for (int i = 0; i < decoded.length; i++) {
            String word = raw.get(i);
            if (word.chars().allMatch(c -> c < 0x80) && !word.equals(decoded[i])) {
                return false;
            }
        }
        return true;
    }

    /** The bytes of a word. */
    static byte[] bytes(String argument) {
        return LooseText.bytes(argument);
    }
}
