package dev.holdfast.control.browse;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What an archive lacks since it cannot be read, as a file at its end tells. One thread's. */
final class LeftOut {
    static final String NAME = "HOLDFAST-DAMAGED-FILES.txt";

    private static final int MOST_LINES = 10_000;
    private static final String HEAD = """
            Some of what was selected is missing from this archive: it is damaged where it is stored.
            Everything else in the archive is complete. Another snapshot may have these files; the page
            "Damage" of the console, and "holdfast-appliance damage", say more.

            """;

    private final List<String> lines = new ArrayList<>();
    private long count;

    void add(String path, String why) {
        count++;
        if (lines.size() < MOST_LINES) {
            lines.add(path + "\n    " + why);
        }
    }

    boolean isEmpty() {
        return count == 0;
    }

    byte[] text() {
        String more = count > lines.size() ? "\nand " + (count - lines.size()) + " more\n" : "\n";
        return (HEAD + String.join("\n", lines) + more).getBytes(StandardCharsets.UTF_8);
    }
}
