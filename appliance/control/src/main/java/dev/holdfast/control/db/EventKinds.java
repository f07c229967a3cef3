package dev.holdfast.control.db;

/** Kinds of events: programs know them by their stored text, people by words. */
public final class EventKinds {
    /** Stored, and sent to webhooks, as earlier releases called it: receivers may filter by it. */
    public static final String RETENTION_PAUSE = "brake";

    private EventKinds() {}

    /** The kind in the words of the glossary. */
    public static String words(String kind) {
        return kind.equals(RETENTION_PAUSE) ? "retention pause" : kind;
    }
}
