package dev.holdfast.control.boot;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * What a machine writes to its serial console: when it began, when a text was in it, and its end. It takes the same memory however much
 * the machine writes, and a machine that writes without an end is made to wait.
 */
final class SerialConsole {
    private static final int KEPT_BYTES = 16 << 10;
    private static final int MOST_LINES = 40;
    private static final int MOST_CHARACTERS = 200;
    /** About 1 MB a second. */
    private static final int READ_BYTES = 16 << 10;

    private static final long PAUSE_NANOS = 16_000_000;
    /** Colours and movements of a terminal, and other characters that no line shows. */
    private static final Pattern CONTROL =
            Pattern.compile("\\x1b\\[[0-?]*[ -/]*[@-~]|\\x1b[@-Z\\\\-_]|[\\p{Cntrl}\\p{Cf}&&[^\\n\\t]]");

    private final byte[] wanted;
    /** The last bytes, of which the first {@link #filled} count. */
    private final byte[] kept = new byte[KEPT_BYTES + READ_BYTES];

    private int filled;
    /** Nano clock; 0 for not yet. */
    private volatile long began;

    private volatile long seen;

    /** @param wanted empty for none */
    SerialConsole(String wanted) {
        this.wanted = wanted.getBytes(StandardCharsets.UTF_8);
    }

    /** Reads until the machine ends. */
    void read(InputStream in) throws IOException {
        byte[] buffer = new byte[READ_BYTES];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            take(buffer, count);
            if (count == buffer.length) {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private synchronized void take(byte[] buffer, int count) {
        long now = System.nanoTime();
        if (count > 0 && began == 0) {
            began = now;
        }
        int over = Math.max(0, Math.min(filled, filled + count - kept.length));
        System.arraycopy(kept, over, kept, 0, filled - over);
        filled -= over;
        int before = filled;
        System.arraycopy(buffer, 0, kept, filled, count);
        filled += count;
        if (seen == 0 && wanted.length > 0 && contains(Math.max(0, before - wanted.length + 1))) {
            seen = now;
        }
    }

    private boolean contains(int from) {
        for (int at = from; at + wanted.length <= filled; at++) {
            int same = 0;
            while (same < wanted.length && kept[at + same] == wanted[same]) {
                same++;
            }
            if (same == wanted.length) {
                return true;
            }
        }
        return false;
    }

    /** The nano clock when the machine first wrote something; 0 for not yet. */
    long began() {
        return began;
    }

    /** The nano clock when the machine had written the text; 0 for not yet. */
    long seen() {
        return seen;
    }

    /** The last lines as they can be shown. */
    synchronized List<String> lines() {
        String text = new String(
                kept, Math.max(0, filled - KEPT_BYTES), Math.min(filled, KEPT_BYTES), StandardCharsets.UTF_8);
        List<String> lines = CONTROL.matcher(text.replace("\r\n", "\n").replace('\r', '\n'))
                .replaceAll("")
                .lines()
                .filter(each -> !each.isBlank())
                .map(each -> each.length() > MOST_CHARACTERS ? each.substring(0, MOST_CHARACTERS) : each)
                .toList();
        return lines.subList(Math.max(0, lines.size() - MOST_LINES), lines.size());
    }
}
