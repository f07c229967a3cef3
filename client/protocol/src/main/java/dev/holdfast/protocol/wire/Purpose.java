package dev.holdfast.protocol.wire;

/**
 * What a client opens a snapshot for. On the wire it is a text for the audit log: the words of the purpose, then what is read,
 * then for an ordered task the words "by order". {@link #parse} and {@link #text} alone know that text; clients of other
 * releases may send any other.
 */
public enum Purpose {
    // A purpose goes before one whose text begins alike.
    ORDERED_RESTORE("restore", Purpose.BY_ORDER),
    ORDERED_VERIFY("verify", Purpose.BY_ORDER),
    RESTORE("restore"),
    VERIFY("verify"),
    LIST("list"),
    CAT("cat"),
    /** As a file system, for as long as the client likes. */
    MOUNT("mount"),
    FIND("find"),
    DIFF("diff"),
    REPORT("report"),
    DRILL("drill"),
    QUICKSTART_RESTORE("quickstart restore"),
    /** By a backup, to find out which files have changed. */
    CHANGE_DETECTION("change detection"),
    /** Anything else, such as a purpose of a newer client. */
    OTHER("");

    private static final String BY_ORDER = " by order";
    /** Of a client's text: the audit log does not need a path of thousands of bytes. */
    private static final int MAX_TEXT_CHARACTERS = 300;

    private final String words;
    private final String suffix;

    Purpose(String words) {
        this(words, "");
    }

    Purpose(String words, String suffix) {
        this.words = words;
        this.suffix = suffix;
    }

    /**
     * The text for the wire.
     *
     * @param detail what is read, such as a path; may be empty, and is shortened where it is long
     */
    String text(String detail) {
        String text = words.isEmpty() || detail.isEmpty() ? words + detail : words + " " + detail;
        int room = MAX_TEXT_CHARACTERS - suffix.length();
        return (text.length() <= room ? text : text.substring(0, room) + "...") + suffix;
    }

    static Purpose parse(String text) {
        for (Purpose each : values()) {
            if (each != OTHER && each.matches(text)) {
                return each;
            }
        }
        return OTHER;
    }

    private boolean matches(String text) {
        return text.endsWith(suffix) && (text.equals(words) || text.startsWith(words + " "));
    }
}
