package dev.holdfast.agent.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as people write them: {@code 500 MB}, {@code 1.5GiB}, {@code 4096}. */
final class SizeText {
    private static final Pattern FORM = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kmgtp]?)(i?)b?");

    private SizeText() {}

    /** In bytes, 1 at least. */
    static long parse(String option, String text) {
        Matcher form = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (form.matches()) {
            long step = form.group(3).isEmpty() ? 1000 : 1024;
            int power = form.group(2).isEmpty() ? 0 : 1 + "kmgtp".indexOf(form.group(2));
            BigDecimal bytes = new BigDecimal(form.group(1))
                    .multiply(BigDecimal.valueOf(step).pow(power));
            if (bytes.compareTo(BigDecimal.ONE) >= 0 && bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) < 0) {
                return bytes.longValue();
            }
        }
        throw new IllegalArgumentException(option + ": '" + text
                + "' is not a size; write a number with a unit: B, kB, MB, GB, TB, KiB, MiB, GiB or TiB");
    }
}
