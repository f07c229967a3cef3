package dev.holdfast.agent.scan;

import com.google.re2j.Pattern;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.exclude.ExcludePattern;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.text.LooseText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a backup leaves out. What a pattern excludes, it excludes with everything below. Matching takes time linear in the
 * path (RE2), whatever the pattern. Counts what it excluded; safe for use by several threads.
 */
public final class Excludes {
    private static final byte[] CACHE_TAG = "CACHEDIR.TAG".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CACHE_SIGNATURE =
            "Signature: 8a477f597d28d172789f06886806bc55".getBytes(StandardCharsets.US_ASCII);

    /**
     * What to leave out, as it was written.
     *
     * @param patterns as {@link ExcludePattern}; {@code anyCase} likewise, without regard to upper and lower case
     * @param caches whether to leave out what directories with a cache tag hold (bford.info/cachedir)
     * @param ifPresent names; what a directory with one of them holds is left out, but for that
     * @param largestBytes larger regular files are left out; 0 for no limit
     */
    public record Settings(
            List<String> patterns, List<String> anyCase, boolean caches, List<String> ifPresent, long largestBytes) {
        public static final Settings NONE = new Settings(List.of(), List.of(), false, List.of(), 0);

        public static Settings of(List<String> patterns) {
            return new Settings(patterns, List.of(), false, List.of(), 0);
        }
    }

    private static final class Rule {
        private final ExcludePattern pattern;
        private final Pattern compiled;
        private final String shown;
        private volatile boolean used;

        Rule(String text, boolean anyCase) {
            pattern = ExcludePattern.parse(text);
            shown = anyCase ? "--iexclude " + text : text;
            compiled = Pattern.compile(pattern.regex(), Pattern.DOTALL | (anyCase ? Pattern.CASE_INSENSITIVE : 0));
        }

        boolean matches(String whole, String name, boolean directory) {
            return (directory || !pattern.directoriesOnly())
                    && compiled.matcher(pattern.wholePath() ? whole : name).matches();
        }
    }

    private final Settings settings;
    private final List<Rule> rules = new ArrayList<>();
    private final List<byte[]> markers;
    private final List<String> refused = new ArrayList<>();
    private final AtomicLong tooLarge = new AtomicLong();

    /** @throws IllegalArgumentException where a pattern is none, or could match nothing */
    public Excludes(Settings settings) {
        this(settings, false);
    }

    /** Of patterns alone. */
    public Excludes(List<String> patterns) {
        this(Settings.of(patterns));
    }

    private Excludes(Settings settings, boolean lenient) {
        this.settings = settings;
        settings.patterns.forEach(text -> add(text, false, lenient));
        settings.anyCase.forEach(text -> add(text, true, lenient));
        for (String name : settings.ifPresent) {
            if (name.isEmpty() || name.contains("/") || name.equals(".") || name.equals("..")) {
                throw new IllegalArgumentException("invalid file name '" + name
                        + "' for --exclude-if-present; expected a name without directories");
            }
        }
        this.markers = settings.ifPresent.stream().map(LooseText::bytes).toList();
    }

    /**
     * Of a plan that may be older than the rules: a pattern that would be refused today excludes nothing, which is better
     * than no backup. {@link #refused} tells.
     */
    public static Excludes lenient(Settings settings) {
        return new Excludes(settings, true);
    }

    /** The same rules for a further walk, whose {@link #remarks} are of no interest. */
    public Excludes again() {
        return lenient(settings);
    }

    private void add(String text, boolean anyCase, boolean lenient) {
        try {
            rules.add(new Rule(text, anyCase));
        } catch (IllegalArgumentException e) {
            if (!lenient) {
                throw e;
            }
            refused.add(String.valueOf(e.getMessage()));
        }
    }

    /** For the snapshot's description: patterns, and the other options as the command line has them. */
    public List<String> described() {
        List<String> all = new ArrayList<>(settings.patterns);
        settings.anyCase.forEach(each -> all.add("--iexclude " + each));
        settings.ifPresent.forEach(each -> all.add("--exclude-if-present " + each));
        if (settings.caches) {
            all.add("--exclude-caches");
        }
        if (settings.largestBytes > 0) {
            all.add("--exclude-larger-than " + settings.largestBytes);
        }
        return all.stream().map(LooseText::escaped).toList();
    }

    /** Why patterns were left out, a line each. */
    public List<String> refused() {
        return refused;
    }

    /** What to tell when a walk is over, a line each. */
    public List<String> remarks() {
        List<String> lines = new ArrayList<>();
        for (Rule rule : rules) {
            if (!rule.used) {
                lines.add("exclude pattern '" + LooseText.escaped(rule.shown) + "' matched nothing");
            }
        }
        if (tooLarge.get() > 0) {
            lines.add(tooLarge + " files larger than " + settings.largestBytes + " bytes were left out");
        }
        return lines;
    }

    public boolean isEmpty() {
        return rules.isEmpty();
    }

    public boolean matches(TreePath path, boolean directory) {
        String whole = ExcludePattern.matchable(path);
        String name = whole.substring(whole.lastIndexOf('/') + 1);
        boolean matched = false;
        for (Rule rule : rules) {
            // Behind the first that matches, only those that would be told as useless.
            if ((!matched || !rule.used) && rule.matches(whole, name, directory)) {
                rule.used = true;
                matched = true;
            }
        }
        return matched;
    }

    boolean tooLarge(Stat stat) {
        boolean left =
                settings.largestBytes > 0 && stat.type() == Stat.Type.FILE && stat.size() > settings.largestBytes;
        if (left) {
            tooLarge.incrementAndGet();
        }
        return left;
    }

    /** The name for which the rest of a directory is left out; null for none. */
    byte @Nullable [] marker(DirectoryNode node, List<byte[]> names) throws IOException {
        for (byte[] marker : markers) {
            if (names.stream().anyMatch(name -> Arrays.equals(name, marker))) {
                return marker;
            }
        }
        boolean tagged = settings.caches
                && names.stream().anyMatch(name -> Arrays.equals(name, CACHE_TAG))
                && node.use(Excludes::signed);
        return tagged ? CACHE_TAG : null;
    }

    /** Whether the tag is one: a file of that name alone says nothing. */
    private static boolean signed(Directory directory) throws IOException {
        byte[] start = new byte[CACHE_SIGNATURE.length];
        if (directory.stat(CACHE_TAG).type() != Stat.Type.FILE) {
            return false;
        }
        try (Directory.FileHandle tag = directory.openFile(CACHE_TAG)) {
            int filled = 0;
            while (filled < start.length) {
                int count = tag.read(filled, start, filled, start.length - filled);
                if (count < 0) {
                    return false;
                }
                filled += count;
            }
        }
        return Arrays.equals(start, CACHE_SIGNATURE);
    }
}
