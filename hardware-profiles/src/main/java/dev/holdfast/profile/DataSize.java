package dev.holdfast.profile;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes, written with a unit: {@code 20 TB}, {@code 512 MiB}. */
public record DataSize(long bytes) {
    private static final Pattern SYNTAX = Pattern.compile("([0-9]+(?:\\.[0-9]+)?) ?(B|[KMGT]i?B)");
    private static final Map<Character, Integer> EXPONENT = Map.of('B', 0, 'K', 1, 'M', 2, 'G', 3, 'T', 4);

    @JsonCreator
    public static DataSize parse(String text) {
        Matcher matcher = SYNTAX.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no size: write a number and B, KiB, MiB, GiB, TiB, KB, MB, GB or TB");
        }
        String unit = matcher.group(2);
        long base = unit.endsWith("iB") ? 1024 : 1000;
        BigDecimal factor = BigDecimal.valueOf(base).pow(EXPONENT.getOrDefault(unit.charAt(0), 0));
        BigDecimal bytes = new BigDecimal(matcher.group(1)).multiply(factor);
        try {
            return new DataSize(bytes.longValueExact());
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("'" + text + "' is too large, or no whole number of bytes", e);
        }
    }
}
