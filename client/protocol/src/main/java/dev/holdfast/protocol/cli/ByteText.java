package dev.holdfast.protocol.cli;

import java.util.Locale;

/** How every command prints a number of bytes. */
public final class ByteText {
    private ByteText() {}

    /** Three digits and a decimal unit: {@code 1.30 GB}. */
    public static String of(long bytes) {
        if (bytes < 1000) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 999.5) {
            value /= 1000;
            unit++;
        }
        String form = value < 10 ? "%.2f %cB" : value < 100 ? "%.1f %cB" : "%.0f %cB";
        return String.format(Locale.ROOT, form, value, "kMGTPE".charAt(unit));
    }
}
