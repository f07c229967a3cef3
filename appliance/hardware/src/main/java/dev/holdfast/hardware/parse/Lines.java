package dev.holdfast.hardware.parse;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.stream.Stream;

/** Text of tools. */
final class Lines {
    private Lines() {}

    static Stream<String> of(byte[] output) {
        return new String(output, StandardCharsets.UTF_8).lines();
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    /** Whether one of the words occurs, in lower case. */
    static boolean has(String text, String... words) {
        String lower = lower(text);
        for (String each : words) {
            if (lower.contains(each)) {
                return true;
            }
        }
        return false;
    }
}
