package dev.holdfast.protocol.support;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Leaves secrets out of text, and unless they are wanted, names of files. It rather leaves out too much: whatever looks like a
 * secret is taken for one, and a line is cut where it begins to name a file of somebody. Immutable.
 */
public final class Masking {
    /** What stands for a secret. */
    public static final String SECRET = "[secret]";
    /** What stands for names of files and all that follows them. */
    public static final String NAME = "[name]";

    private static final Pattern SECRET_NAME = Pattern.compile(
            "(?i)pass(word|phrase|wd)?(?!ed|es|ive)|secret|token|credential|private.?key|access.?key|recovery.?key|apikey"
                    + "|totp|csrf|cookie|authorization|bearer|sealed");
    /** A name that looks like that of a secret, and what follows it in the line. */
    private static final Pattern ASSIGNED = Pattern.compile(
            "(?i)([\\w.-]*(?:" + SECRET_NAME.pattern().substring(4) + ")[\\w.-]*\"?\\s*[=:]\\s*)(\\S.*)");

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN [^-]{1,60}-----[\\s\\S]*?(?:-----END [^-]{1,60}-----|\\z)");
    private static final Pattern RECOVERY_KEY = Pattern.compile("(?i)HFRK[0-9A-Z -]*");
    /** Access keys of OSS, API tokens and enrolment tokens, by how they begin. */
    private static final Pattern KNOWN_FORM = Pattern.compile("(?:LTAI|STS\\.|hft_|hfr?1\\.)[0-9A-Za-z_.-]{4,}");

    private static final Pattern URL = Pattern.compile("(?i)\\b(https?|ftp|smtps?|oss|file|wss?)://([^\\s\"'<>]*)");
    /** Text without words: keys, hashes, signatures and tokens. */
    private static final Pattern DENSE = Pattern.compile("[0-9A-Za-z+/_=.-]{32,}");

    private static final Pattern UUID =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");
    private static final Pattern PATH = Pattern.compile("(?<![\\w/.:\\]])/[^\\s/]");
    private static final Pattern QUOTED = Pattern.compile("'[^'\\n]*'|\u2018[^\u2019\\n]*\u2019");
    /** In text, and within the strings of JSON. */
    private static final Pattern DOUBLE_QUOTED = Pattern.compile("\"[^\"\\n]*\"|\u201c[^\u201d\\n]*\u201d");

    private static final Pattern DOUBLE_QUOTED_IN_JSON = Pattern.compile("\\\\\".*?\\\\\"|\u201c[^\u201d\\n]*\u201d");
    /** What may be a name of a file: no white space, quotes and brackets, nor what joins words of a log. */
    private static final Pattern WORD = Pattern.compile("(?<!://)[^\\s\"'\\\\:,;()\\[\\]{}<>=|]{3,}");

    private static final Pattern ENDING = Pattern.compile("[^/]{2,}\\.(?:\\p{L}[\\p{L}\\p{N}]{0,7}|7z)");
    /** Of the product and of Java: classes with their modules and source files, files of the product, rates. */
    private static final Pattern OWN_WORD =
            Pattern.compile("(?:app//|[\\w.-]+/)?(?:dev|java|javax|jdk|sun|org|io|com|picocli)(?:\\.[\\w$-]+)+"
                    + "|[\\w$]+\\.java|(?:[\\w-]+/)*(?:[0-9a-f]{8}\\.hfc(?:\\.open)?|(?:node|ca|api)\\.(?:crt|key)|control\\.db"
                    + "|(?:keyring|appliance|volume)\\.json|appliance\\.log)|holdfast[\\w-]*\\.(?:service|timer)"
                    + "|[\\d.]+/[\\d.]+|[kKMGTi]*B/s|n/a");
    /** The name of a field before its value. */
    private static final Pattern FIELD = Pattern.compile("[\\w.\\[\\]-]+: ");

    private final boolean fileNames;
    private final List<String> places;

    /**
     * @param fileNames whether names of files may stay
     * @param places paths of the product itself, which stay in any case
     */
    public Masking(boolean fileNames, List<String> places) {
        this.fileNames = fileNames;
        this.places = List.copyOf(places);
    }

    /** Whether the value of a field with this name is a secret. */
    public static boolean isSecret(String field) {
        String name = field.toLowerCase(Locale.ROOT);
        return SECRET_NAME.matcher(name).find() && !name.endsWith("file") && !name.endsWith("at");
    }

    /** A text of several lines, without what must not be told. */
    public String text(String text) {
        StringBuilder masked = new StringBuilder(text.length());
        for (String line : PEM.matcher(text).replaceAll(SECRET).split("\n", -1)) {
            masked.append(masked.isEmpty() ? "" : "\n").append(line(line));
        }
        return masked.toString();
    }

    /**
     * A text of several lines that quotes whatever programs said, such as a log: names of files are left out also where they
     * are relative or in double quotes.
     */
    public String log(String text) {
        String masked = text(text);
        if (fileNames) {
            return masked;
        }
        StringBuilder all = new StringBuilder(masked.length());
        for (String line : masked.split("\n", -1)) {
            all.append(all.isEmpty() ? "" : "\n").append(withoutRelativeNames(line));
        }
        return all.toString();
    }

    private static String withoutRelativeNames(String line) {
        Pattern quoted = line.startsWith("{") ? DOUBLE_QUOTED_IN_JSON : DOUBLE_QUOTED;
        String text = quoted.matcher(line).replaceAll("'" + Matcher.quoteReplacement(NAME) + "'");
        Matcher field = FIELD.matcher(text);
        StringBuilder masked = new StringBuilder(text.length());
        Matcher word = WORD.matcher(text);
        int copied = 0;
        int from = field.lookingAt() ? field.end() : 0;
        while (word.find(from)) {
            from = word.end();
            String name = word.group().replaceFirst("\\.+$", "");
            boolean path = name.indexOf('/') > 0;
            if (OWN_WORD.matcher(name).matches()
                    || !path && !ENDING.matcher(name).matches()) {
                continue;
            }
            masked.append(text, copied, word.start()).append(NAME);
            if (path) {
                // The rest of the line may be the rest of the name.
                return masked.toString();
            }
            copied = word.end();
        }
        return masked.append(text, copied, text.length()).toString();
    }

    /** One line, or the value of a field. */
    public String line(String text) {
        String masked = PEM.matcher(text).replaceAll(SECRET);
        masked = RECOVERY_KEY.matcher(masked).replaceAll(SECRET);
        masked = KNOWN_FORM.matcher(masked).replaceAll(SECRET);
        masked = URL.matcher(masked).replaceAll(url -> Matcher.quoteReplacement(url(url.group(1), url.group(2))));
        masked = ASSIGNED.matcher(masked).replaceAll("$1" + Matcher.quoteReplacement(SECRET));
        masked = DENSE.matcher(masked).replaceAll(dense -> Matcher.quoteReplacement(dense(dense.group())));
        return fileNames ? masked : withoutNames(masked);
    }

    /** Of an address, the part that says where it leads: the rest may be a token. */
    private static String url(String scheme, String rest) {
        if (scheme.equalsIgnoreCase("file")) {
            return scheme + "://" + rest;
        }
        String authority = rest.replaceFirst("[/?#].*", "");
        String host = authority.substring(authority.lastIndexOf('@') + 1);
        return scheme + "://" + host + (rest.length() > authority.length() ? "/" + SECRET : "");
    }

    /** The product's own places may have names that look like secrets. */
    private String dense(String text) {
        String place =
                places.stream().filter(each -> isAt(text, each)).findFirst().orElse("");
        String rest = text.substring(place.length());
        return looksSecret(rest) ? place + SECRET : text;
    }

    private static boolean looksSecret(String text) {
        if (UUID.matcher(text).matches()) {
            return false;
        }
        boolean digits = text.chars().anyMatch(Character::isDigit);
        boolean letters = text.chars().anyMatch(Character::isLetter);
        // Names of classes, modules and files of the product have dots, slashes or hyphens between short words.
        int longest = 0;
        for (String word : text.split("[./_=-]")) {
            longest = Math.max(longest, word.length());
        }
        return digits && letters && longest >= 16 || longest >= 40;
    }

    /** Up to where the line begins to name a file that is none of the product. */
    private String withoutNames(String line) {
        String masked = QUOTED.matcher(line).replaceAll("'" + Matcher.quoteReplacement(NAME) + "'");
        Matcher path = PATH.matcher(masked);
        int from = 0;
        while (path.find(from)) {
            String rest = masked.substring(path.start());
            String place =
                    places.stream().filter(each -> isAt(rest, each)).findFirst().orElse("");
            if (place.isEmpty()) {
                return masked.substring(0, path.start()) + NAME;
            }
            from = path.start() + place.length();
            while (from < masked.length() && !Character.isWhitespace(masked.charAt(from))) {
                from++;
            }
        }
        return masked;
    }

    private static boolean isAt(String text, String place) {
        return text.startsWith(place)
                && (text.length() == place.length() || !Character.isLetterOrDigit(text.charAt(place.length())));
    }
}
