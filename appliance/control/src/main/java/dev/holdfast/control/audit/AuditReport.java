package dev.holdfast.control.audit;

import dev.holdfast.protocol.phrase.Phrase;
import java.util.ArrayList;
import java.util.List;

/**
 * What a verification of the audit log came to.
 *
 * @param entries how many were read, in files and in the database
 * @param last the last entry's number
 * @param segments how many files of the log were read
 * @param anchors how many anchors were compared with the log
 * @param newestAnchor of those that name the entry that is there the one for the greatest number, empty where there is none
 * @param unanchored how many entries are newer than that anchor: these alone can have been altered by who rewrote the chain
 * @param findings empty where the log is as it was written
 * @param notes what is no proof of tampering and must be known all the same
 */
public record AuditReport(
        long entries,
        long last,
        int segments,
        int anchors,
        String newestAnchor,
        long unanchored,
        List<Finding> findings,
        List<String> notes) {
    /**
     * Something that is not as it was written.
     *
     * @param entry the number of the entry
     * @param phrase the message for other languages
     */
    public record Finding(long entry, String message, Phrase phrase) {
        Finding(long entry, Phrase phrase) {
            this(entry, phrase.english(), phrase);
        }
    }

    /** With more to be known. */
    public AuditReport noting(List<String> more) {
        List<String> all = new ArrayList<>(notes);
        all.addAll(more);
        return new AuditReport(entries, last, segments, anchors, newestAnchor, unanchored, findings, List.copyOf(all));
    }

    public boolean intact() {
        return findings.isEmpty();
    }
}
