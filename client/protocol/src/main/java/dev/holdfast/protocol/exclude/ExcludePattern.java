package dev.holdfast.protocol.exclude;

import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.protocol.text.LooseText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One exclude pattern. A pattern without a slash matches names anywhere ({@code *.tmp}); one that begins with a slash
 * matches the absolute path ({@code /var/cache/**}), one with a slash elsewhere a path that ends like it. {@code *} and
 * {@code ?} stay within a name, {@code **} crosses slashes, {@code [a-z]} is a set; a trailing slash matches directories
 * only; {@code \xNN} is a byte, a backslash before anything else that character. A character is one of UTF-8 where the name
 * is UTF-8, and a byte elsewhere. docs/excludes.md is normative, and says where gitignore's rules differ.
 *
 * @param text as it was written
 * @param regex what {@link #matchable} of the path or name must match as a whole; in the syntax that RE2 and Java share
 * @param wholePath whether it is about the path, which begins with a slash, or about the last name
 */
public record ExcludePattern(String text, String regex, boolean wholePath, boolean directoriesOnly) {
    public static final int MAX_BYTES = 4096;

    private static final Pattern ALTERNATIVES = Pattern.compile("(?<!\\\\)\\{[^{}/]*,[^{}/]*(?<!\\\\)\\}");
    private static final Set<String> CLASSES = Set.of(
            "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
            "xdigit");

    /**
     * Parses a pattern.
     *
     * @throws IllegalArgumentException where it is not a pattern, or cannot match anything; the message says why, and what
     *     to write
     */
    public static ExcludePattern parse(String text) {
        check(text);
        boolean directoriesOnly = text.endsWith("/") && !text.endsWith("\\/");
        String glob = directoriesOnly ? text.substring(0, text.length() - 1) : text;
        boolean wholePath = glob.contains("/");
        // A relative pattern with a slash may begin at any directory.
        String anchored = !wholePath || glob.startsWith("/") ? glob : "**/" + glob;
        return new ExcludePattern(text, new Translation(text, anchored).regex(), wholePath, directoriesOnly);
    }

    private static void check(String text) {
        if (text.isEmpty()) {
            throw wrong(text, Phrase.of("exclude.empty"));
        }
        if (text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw wrong(text.substring(0, 40) + "...", Phrase.of("exclude.long").with("most", MAX_BYTES));
        }
        if (text.indexOf('\0') >= 0) {
            throw wrong(text.replace("\0", "\\x00"), Phrase.of("exclude.nul"));
        }
        if (text.startsWith("!")) {
            throw wrong(text, Phrase.of("exclude.negated").with("write", "\\" + text));
        }
        if (text.startsWith("~/")) {
            throw wrong(text, Phrase.of("exclude.home"));
        }
        if (text.matches("/+")) {
            throw wrong(text, Phrase.of("exclude.all"));
        }
        if (text.contains("//")) {
            throw wrong(text, Phrase.of("exclude.slashes"));
        }
        for (String name : text.split("/")) {
            if (name.equals(".") || name.equals("..")) {
                throw wrong(text, Phrase.of("exclude.dots").with("name", name));
            }
        }
        if (ALTERNATIVES.matcher(text).find()) {
            throw wrong(text, Phrase.of("exclude.braces").with("write", "\\{"));
        }
    }

    private static IllegalArgumentException wrong(String text, Phrase why) {
        return new PhrasedArgumentException(Phrase.of("exclude.pattern")
                .with("pattern", LooseText.escaped(text))
                .with("why", why));
    }

    /** A path as patterns see it. */
    public static String matchable(TreePath path) {
        return "/" + matchable(path.toBytes());
    }

    /** Bytes as patterns see them: text, with a character of its own for each byte that is not UTF-8. */
    public static String matchable(byte[] bytes) {
        return LooseText.of(bytes);
    }

    /** From a glob to a regular expression. */
    private static final class Translation {
        private final String text;
        private final String glob;
        private final StringBuilder regex = new StringBuilder();
        /** Bytes of a run without wildcards: escaped bytes may make up a character only together. */
        private final ByteArrayOutputStream literal = new ByteArrayOutputStream();

        private int at;

        Translation(String text, String glob) {
            this.text = text;
            this.glob = glob;
        }

        String regex() {
            while (at < glob.length()) {
                int point = next();
                switch (point) {
                    case '*' -> stars();
                    case '?' -> wildcard("[^/]");
                    case '[' -> wildcard(set());
                    case '\\' -> escaped();
                    default -> literal.writeBytes(LooseText.bytes(Character.toString(point)));
                }
            }
            wildcard("");
            return regex.toString();
        }

        private int next() {
            int point = glob.codePointAt(at);
            at += Character.charCount(point);
            return point;
        }

        private void wildcard(String expression) {
            matchable(literal.toByteArray()).codePoints().forEach(point -> quote(regex, point));
            literal.reset();
            regex.append(expression);
        }

        private static void quote(StringBuilder out, int point) {
            if (point < 0x80 && !Character.isLetterOrDigit(point)) {
                out.append('\\');
            }
            out.appendCodePoint(point);
        }

        private void stars() {
            if (glob.startsWith("*/", at)) {
                wildcard("(?:.*/)?");
                at += 2;
            } else if (glob.startsWith("*", at)) {
                wildcard(".*");
                at++;
            } else {
                wildcard("[^/]*");
            }
        }

        private void escaped() {
            if (at == glob.length()) {
                throw wrong(text, Phrase.of("exclude.backslash").with("write", "\\\\"));
            }
            int point = next();
            if (point != 'x') {
                literal.writeBytes(LooseText.bytes(Character.toString(point)));
                return;
            }
            String digits = glob.substring(at, Math.min(glob.length(), at + 2));
            if (!digits.matches("[0-9a-fA-F]{2}")) {
                throw wrong(
                        text, Phrase.of("exclude.byte").with("escape", "\\x").with("write", "\\xNN"));
            }
            literal.write(Integer.parseInt(digits, 16));
            at += 2;
        }

        /** What is between brackets; the first one is behind us. */
        private String set() {
            boolean negated = at < glob.length() && (glob.charAt(at) == '!' || glob.charAt(at) == '^');
            // A slash is in no set, in a negated one neither.
            StringBuilder out = new StringBuilder(negated ? "[^/" : "[");
            at += negated ? 1 : 0;
            boolean first = true;
            while (true) {
                if (at >= glob.length()) {
                    throw openSet();
                }
                if (glob.charAt(at) == ']' && !first) {
                    at++;
                    return out.append(']').toString();
                }
                first = false;
                if (glob.startsWith("[:", at)) {
                    int end = glob.indexOf(":]", at);
                    String name = end < 0 ? "" : glob.substring(at + 2, end);
                    if (!CLASSES.contains(name)) {
                        throw wrong(text, Phrase.of("exclude.class").with("classes", sorted().toString()));
                    }
                    out.append("[:").append(name).append(":]");
                    at = end + 2;
                    continue;
                }
                int from = member();
                quote(out, from);
                if (glob.startsWith("-", at) && at + 1 < glob.length() && glob.charAt(at + 1) != ']') {
                    at++;
                    int to = member();
                    if (to < from) {
                        throw wrong(text, Phrase.of("exclude.range"));
                    }
                    out.append('-');
                    quote(out, to);
                }
            }
        }

        private int member() {
            int point = next();
            if (point == '\\') {
                if (at >= glob.length()) {
                    throw openSet();
                }
                point = next();
                if (point == 'x' && glob.substring(at).matches("(?s)[0-9a-fA-F]{2}.*")) {
                    int value = Integer.parseInt(glob.substring(at, at + 2), 16);
                    at += 2;
                    point = value < 0x80 ? value : LooseText.loose(value);
                }
            }
            if (point == '/') {
                throw wrong(text, Phrase.of("exclude.slash-in-set"));
            }
            return point;
        }

        private IllegalArgumentException openSet() {
            return wrong(text, Phrase.of("exclude.open-set").with("write", "\\["));
        }

        private static List<String> sorted() {
            return CLASSES.stream().sorted().toList();
        }
    }
}
