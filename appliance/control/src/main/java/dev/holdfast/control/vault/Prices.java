package dev.holdfast.control.vault;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an OSS vault costs, as an administrator entered it in the settings.
 *
 * @param perGibMonth what a GiB costs in a month, by storage class
 * @param perGibRetrieval what reading a GiB costs, by storage class, thaw included and traffic not; null for the list prices
 */
public record Prices(
        @Bound(characters = 3) String currency,
        @Bound(characters = 50, items = 20) Map<String, Double> perGibMonth,

        @Bound(characters = 50, items = 20) @Nullable Map<String, Double> perGibRetrieval) {
    private static final String SETTING = "prices";
    private static final double GIB = 1L << 30;
    private static final ObjectMapper JSON =
            new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    private static final Map<String, Double> LIST_RETRIEVAL =
            Map.of("Standard", 0.0, "IA", 0.0325, "Archive", 0.06, "ColdArchive", 0.06);

    /** List prices for China's mainland, to be replaced by one's own. */
    public static final Prices DEFAULT = new Prices(
            "CNY", Map.of("Standard", 0.12, "IA", 0.08, "Archive", 0.033, "ColdArchive", 0.015), LIST_RETRIEVAL);

    /** Those that were entered, or the list prices. */
    public static Prices of(ControlDb control) throws IOException {
        String set = control.settings().get(SETTING).orElse("");
        return set.isEmpty() ? DEFAULT : JSON.readValue(set, Prices.class);
    }

    public void store(ControlDb control) throws IOException {
        control.settings().set(SETTING, JSON.writeValueAsString(this));
    }

    /** Storage for a month, in the currency. */
    public double month(String kept, long bytes) {
        return bytes / GIB * perGibMonth.getOrDefault(kept, 0.0);
    }

    /** What reading costs, in the currency; the traffic comes on top. */
    public double reading(StorageClass kept, long bytes) {
        Map<String, Double> each = perGibRetrieval;
        Double price = each == null ? null : each.get(kept.label());
        return bytes / GIB * (price == null ? LIST_RETRIEVAL.getOrDefault(kept.label(), 0.0) : price);
    }

    /** A sum with its currency. */
    public String text(double sum) {
        return sum < 0.01 ? "less than 0.01 " + currency : String.format(Locale.ROOT, "%.2f %s", sum, currency);
    }
}
