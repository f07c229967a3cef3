package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.SnapshotName;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A snapshot that was made, or was about to be made. It is removed by what the record in the state directory says of it. */
sealed interface Made permits BtrfsSnapshot, LvmSnapshot, ZfsSnapshot {
    /** For the record; what it is under the key {@code kind}. */
    Map<String, String> fields();

    /** Which one, in words. */
    String told();

    /**
     * Removes it, and nothing else. Does nothing where it is not there, or where what is there is no snapshot that a backup took.
     *
     * @throws IOException where it is still there
     */
    void remove() throws IOException;

    /** As {@link #fields} had it; null where that is no snapshot of the run. */
    static @Nullable Made of(String run, Map<String, String> fields) {
        Made made = switch (fields.getOrDefault("kind", "")) {
            case BtrfsSnapshot.KIND -> BtrfsSnapshot.of(fields);
            case LvmSnapshot.KIND -> LvmSnapshot.of(fields);
            case ZfsSnapshot.KIND -> ZfsSnapshot.of(fields);
            default -> null;
        };
        return made != null && made.name().run().equals(run) ? made : null;
    }

    SnapshotName name();

    /** The name that a text is; null where it is none. */
    static @Nullable SnapshotName name(String text) {
        int number = text.lastIndexOf('-');
        int run = text.lastIndexOf('-', Math.max(0, number - 1));
        if (run < 0 || !SnapshotName.isRun(text.substring(run + 1, number))) {
            return null;
        }
        try {
            SnapshotName name =
                    new SnapshotName(text.substring(run + 1, number), Integer.parseInt(text.substring(number + 1)));
            return name.text().equals(text) ? name : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
