package dev.holdfast.protocol.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes in bytes as text: on command lines, in plans and in hardware profiles. */
public final class ByteText {
    private static final String UNITS = "kmgtpe";
    private static final Pattern SYNTAX =
            Pattern.compile("([0-9]{1,40}(?:\\.[0-9]{1,20})?) ?(?:([kmgtpe])(i?))?b?", Pattern.CASE_INSENSITIVE);

    private ByteText() {}

    /**
     * Reads what people write, and what {@link #of} prints: {@code 500 MB}, {@code 1.5GiB}, {@code 4096}. Units are decimal, or
     * binary with an i.
     *
     * @throws IllegalArgumentException where it is not a size, not a whole number of bytes, or above 9.2 EB
     */
    public static long parse(String text) {
        Matcher form = SYNTAX.matcher(text.strip());
        if (!form.matches()) {
            throw new IllegalArgumentException("'" + text
                    + "' is not a size; write a number with a unit: B, kB, MB, GB, TB, KiB, MiB, GiB or TiB");
        }
        String unit = form.group(2);
        long step = unit != null && !form.group(3).isEmpty() ? 1024 : 1000;
        int power = unit == null ? 0 : 1 + UNITS.indexOf(unit.toLowerCase(Locale.ROOT));
        try {
            return new BigDecimal(form.group(1))
                    .multiply(BigDecimal.valueOf(step).pow(power))
                    .longValueExact();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("'" + text + "' is too large, or not a whole number of bytes", e);
        }
    }

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
