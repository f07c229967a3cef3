package dev.holdfast.agent.scan;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.holdfast.protocol.manifest.TreePath;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Which paths a backup leaves out. A pattern without a slash matches names anywhere ({@code *.tmp}); one with a slash
 * matches the absolute path ({@code /var/cache/**}). {@code *} and {@code ?} stay within a name, {@code **} crosses
 * slashes, {@code [a-z]} is a set; a trailing slash matches directories only; {@code \\xNN} is
 * a byte, a backslash before anything else that character. What a match excludes, it excludes with
 * everything below. Patterns and names are compared as bytes. Matching takes time linear in the path (RE2), whatever the
 * pattern. Immutable.
 */
public final class Excludes {
    /** @param wholePath whether the pattern speaks of the path or of the last name */
    private record Rule(Pattern pattern, boolean wholePath, boolean directoriesOnly) {}

    private final List<Rule> rules = new ArrayList<>();
    private final List<String> patterns;

    public Excludes(List<String> patterns) {
        this.patterns = List.copyOf(patterns);
        for (String text : patterns) {
            boolean directoriesOnly = text.length() > 1 && text.endsWith("/");
            String glob = directoriesOnly ? text.substring(0, text.length() - 1) : text;
            boolean wholePath = glob.contains("/");
            // A relative pattern with a slash may begin at any directory.
            String anchored = !wholePath || glob.startsWith("/") ? glob : "**/" + glob;
            try {
                rules.add(new Rule(
                        Pattern.compile(regex(bytesAsText(anchored)), Pattern.DOTALL), wholePath, directoriesOnly));
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException("pattern '" + text + "': " + e.getDescription(), e);
            }
        }
    }

    public List<String> patterns() {
        return patterns;
    }

    public boolean isEmpty() {
        return rules.isEmpty();
    }

    public boolean matches(TreePath path, boolean directory) {
        String whole = "/" + new String(path.toBytes(), StandardCharsets.ISO_8859_1);
        String name = whole.substring(whole.lastIndexOf('/') + 1);
        for (Rule rule : rules) {
            if ((directory || !rule.directoriesOnly)
                    && rule.pattern.matcher(rule.wholePath ? whole : name).matches()) {
                return true;
            }
        }
        return false;
    }

    /** One character for each byte, so that names which are no text can be matched too. */
    private static String bytesAsText(String glob) {
        return new String(glob.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private static String regex(String glob) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            switch (c) {
                case '*' -> {
                    if (glob.startsWith("**/", i)) {
                        regex.append("(?:.*/)?");
                        i += 2;
                    } else if (glob.startsWith("**", i)) {
                        regex.append(".*");
                        i++;
                    } else {
                        regex.append("[^/]*");
                    }
                }
                case '?' -> regex.append("[^/]");
                case '[' -> {
                    int end = glob.indexOf(']', i + 2);
                    if (end < 0) {
                        throw new IllegalArgumentException("pattern '" + glob + "': '[' without ']'");
                    }
                    String set =
                            glob.substring(i + 1, end).replace("\\", "\\\\").replace("[", "\\[");
                    regex.append('[')
                            .append(set.startsWith("!") ? "^" + set.substring(1) : set)
                            .append(']');
                    i = end;
                }
                case '\\' -> {
                    i++;
                    if (glob.startsWith("x", i) && glob.substring(i).matches("x[0-9a-fA-F]{2}.*")) {
                        char value = (char) Integer.parseInt(glob.substring(i + 1, i + 3), 16);
                        regex.append(Pattern.quote(String.valueOf(value)));
                        i += 2;
                        continue;
                    }
                    regex.append(Pattern.quote(i < glob.length() ? glob.substring(i, i + 1) : "\\"));
                }
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return regex.toString();
    }
}
