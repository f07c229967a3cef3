package dev.holdfast.control.report;

import java.util.List;

/**
 * What a report says, before it becomes HTML or plain text.
 *
 * @param language as HTML names it
 * @param link to the console; empty for none, as in {@link Row}
 * @param more what a link of a row says
 */
record ReportSheet(
        String language,
        String subject,
        Tone tone,
        String verdict,
        String time,
        String link,
        String open,
        String more,
        List<Part> parts,
        String footer) {
    /** How bad something is. */
    enum Tone {
        NONE,
        GOOD,
        WARNING,
        ALERT
    }

    /** @param none what is said where there are no rows */
    record Part(String heading, List<Row> rows, String none) {}

    /** A label and a value, or what is wrong and why; both may be from other machines. */
    record Row(Tone tone, String label, String text, String link) {}
}
