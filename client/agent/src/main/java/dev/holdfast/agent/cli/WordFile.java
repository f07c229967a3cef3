package dev.holdfast.agent.cli;

import dev.holdfast.protocol.text.LooseText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Files of paths and patterns, one a line, in whatever encoding the names have. {@code -} is standard input. */
final class WordFile {
    private static final byte[] BYTE_ORDER_MARK = "\uFEFF".getBytes(StandardCharsets.UTF_8);

    private WordFile() {}

    /**
     * The lines, or what stands between NULs. A line feed or NUL at the end begins no further one.
     *
     * @param option what names the file, for messages
     */
    static List<String> read(String option, String file, char separator) throws IOException {
        byte[] all;
        if (file.equals("-")) {
            all = new StandardInput().readAllBytes();
        } else {
            Path path = Path.of(file);
            if (!Files.isReadable(path) || Files.isDirectory(path)) {
                throw new IllegalArgumentException(option + ": " + file + " cannot be read");
            }
            all = Files.readAllBytes(path);
        }
        List<String> words = new ArrayList<>();
        int begin = Arrays.mismatch(all, BYTE_ORDER_MARK) == BYTE_ORDER_MARK.length ? BYTE_ORDER_MARK.length : 0;
        for (int from = begin; from < all.length; ) {
            int end = from;
            while (end < all.length && all[end] != separator) {
                end++;
            }
            boolean windows = separator == '\n' && end > from && all[end - 1] == '\r';
            words.add(LooseText.of(Arrays.copyOfRange(all, from, windows ? end - 1 : end)));
            from = end + 1;
        }
        return words;
    }

    /**
     * A line of a file of patterns, as gitignore has them: {@code #} begins a comment, blanks at the end do not count unless
     * a backslash is before them. Empty for a line that is no pattern.
     */
    static String pattern(String line) {
        if (line.startsWith("#")) {
            return "";
        }
        int end = line.length();
        while (end > 0 && (line.charAt(end - 1) == ' ' || line.charAt(end - 1) == '\t') && !escaped(line, end - 1)) {
            end--;
        }
        return line.substring(0, end);
    }

    private static boolean escaped(String line, int at) {
        int backslashes = 0;
        while (at - backslashes > 0 && line.charAt(at - backslashes - 1) == '\\') {
            backslashes++;
        }
        return backslashes % 2 == 1;
    }
}
