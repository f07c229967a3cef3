package dev.holdfast.protocol.release;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.util.regex.Pattern;

/**
 * The version of a release. Versions are ordered as dpkg orders them, so that a client and the system's package manager agree
 * on what is newer: {@code 1.0~rc1 < 1.0 < 1.0+fix1 < 1.0.1 < 1.9 < 1.10}.
 */
public record ReleaseVersion(String text) implements Comparable<ReleaseVersion> {
    private static final Pattern FORM = Pattern.compile("[0-9][A-Za-z0-9.+~]{0,63}");

    public ReleaseVersion {
        if (!FORM.matcher(text).matches()) {
            throw new PhrasedArgumentException(
                    Phrase.of("client-package.version-form").with("version", text));
        }
    }

    static ReleaseVersion read(String text) throws FormatException {
        try {
            return new ReleaseVersion(text);
        } catch (IllegalArgumentException e) {
            throw FormatException.corrupt(String.valueOf(e.getMessage()));
        }
    }

    /** Compares parts without digits and numbers in turn. */
    @Override
    public int compareTo(ReleaseVersion other) {
        String a = text;
        String b = other.text;
        int i = 0;
        int j = 0;
        while (i < a.length() || j < b.length()) {
            int endA = endOfWord(a, i);
            int endB = endOfWord(b, j);
            for (; i < endA || j < endB; i++, j++) {
                int order = Integer.compare(i < endA ? weight(a.charAt(i)) : 0, j < endB ? weight(b.charAt(j)) : 0);
                if (order != 0) {
                    return order;
                }
            }
            i = endA;
            j = endB;
            endA = endOfNumber(a, i);
            endB = endOfNumber(b, j);
            int order = compareNumbers(a.substring(i, endA), b.substring(j, endB));
            if (order != 0) {
                return order;
            }
            i = endA;
            j = endB;
        }
        return 0;
    }

    /** Where the part without digits that begins here ends. */
    private static int endOfWord(String text, int from) {
        int end = from;
        while (end < text.length() && !isDigit(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static int endOfNumber(String text, int from) {
        int end = from;
        while (end < text.length() && isDigit(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** A tilde precedes the end of a part (0), letters precede other characters. */
    private static int weight(char c) {
        if (c == '~') {
            return -1;
        }
        boolean letter = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
        return letter ? c : c + 256;
    }

    /** Numbers of any length; no digits count as 0. */
    private static int compareNumbers(String a, String b) {
        String x = withoutZeros(a);
        String y = withoutZeros(b);
        return x.length() != y.length() ? Integer.compare(x.length(), y.length()) : x.compareTo(y);
    }

    private static String withoutZeros(String digits) {
        int begin = 0;
        while (begin < digits.length() && digits.charAt(begin) == '0') {
            begin++;
        }
        return digits.substring(begin);
    }

    @Override
    public String toString() {
        return text;
    }
}
