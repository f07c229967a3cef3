package dev.holdfast.server.vault;

import dev.holdfast.control.vault.Prices;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.vault.object.StorageClass;
import java.util.EnumMap;
import java.util.Map;
import java.util.StringJoiner;

/** Containers in archive classes, counted by class, and what it takes to read them. */
public final class Frozen {
    private final Map<StorageClass, Integer> containers = new EnumMap<>(StorageClass.class);
    private final Map<StorageClass, Long> bytes = new EnumMap<>(StorageClass.class);

    public void add(StorageClass kept, int more, long moreBytes) {
        containers.merge(kept, more, Integer::sum);
        bytes.merge(kept, moreBytes, Long::sum);
    }

    public boolean none() {
        return containers.isEmpty();
    }

    /** How many, how much, and how long they take. */
    public String what() {
        StringJoiner text = new StringJoiner(" and ");
        containers.forEach((kept, count) -> text.add(count + (count == 1 ? " container, " : " containers, ")
                + ByteText.of(bytes.getOrDefault(kept, 0L)) + ", in class " + kept.label() + " (thawing usually takes "
                + kept.thawsWithin() + ")"));
        return text.toString();
    }

    /** What thawing and reading them costs; empty, or a clause behind {@link #what}. */
    public String cost(VaultSettings settings, Prices prices) {
        if (settings.oss() == null) {
            return "";
        }
        double sum = 0;
        for (Map.Entry<StorageClass, Long> each : bytes.entrySet()) {
            sum += prices.reading(each.getKey(), each.getValue());
        }
        return "; thawing and reading costs about " + prices.text(sum)
                + " by the prices in the settings, traffic and requests not counted";
    }
}
