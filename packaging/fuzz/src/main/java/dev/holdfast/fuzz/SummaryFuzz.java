package dev.holdfast.fuzz;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;

/** Snapshot summaries and page references. */
public final class SummaryFuzz {
    private SummaryFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        try {
            SnapshotSummary.parse(data).encode();
        } catch (FormatException e) {
            // Malformed, and said so.
        }
        try {
            PageRef.read(new ByteReader(data));
        } catch (FormatException e) {
            // Malformed, and said so.
        }
    }
}
