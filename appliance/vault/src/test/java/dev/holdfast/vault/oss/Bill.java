package dev.holdfast.vault.oss;

import dev.holdfast.vault.object.StorageClass;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What OSS would charge for what an {@link OssServer} does, at the list prices for China's mainland: storage by class and time,
 * requests, traffic, retrieval (thaws included), and what is charged for objects that leave their class before its least time is
 * over. Time is the test's. Safe for use by several threads.
 */
public final class Bill {
    /** What is charged for. */
    public enum Kind {
        STANDARD,
        IA,
        ARCHIVE,
        COLD_ARCHIVE,
        REQUESTS,
        TRAFFIC,
        RETRIEVAL,
        EARLY_DELETION
    }

    private static final Duration MONTH = Duration.ofDays(30);
    private static final double PER_REQUEST = 0.01 / 10_000;
    private static final double TRAFFIC_PER_GB = 0.5;

    private final double bytesPerGb;
    private final Map<String, Kept> kept = new HashMap<>();
    private final Map<YearMonth, Map<Kind, Double>> months = new TreeMap<>();
    private final Map<String, Map<Kind, Double>> causes = new TreeMap<>();
    private Instant now;
    private Instant accrued;
    private String cause = "";

    private record Kept(StorageClass kept, long bytes, Instant since) {}

    /** @param bytesPerGb how many bytes of the test stand for a GB: tests move little */
    public Bill(Instant begin, double bytesPerGb) {
        this.now = begin;
        this.accrued = begin;
        this.bytesPerGb = bytesPerGb;
    }

    public synchronized Instant now() {
        return now;
    }

    /** Lets time go by. */
    public synchronized void advance(Duration time) {
        now = now.plus(time);
        double share = (double) Duration.between(accrued, now).toSeconds() / MONTH.toSeconds();
        for (Kept each : kept.values()) {
            charge("storage", kind(each.kept), gb(each.bytes) * perMonth(each.kept) * share);
        }
        accrued = now;
    }

    /** Whatever is charged from now on is for this. */
    public synchronized void cause(String what) {
        cause = what;
    }

    synchronized void request() {
        charge(cause, Kind.REQUESTS, PER_REQUEST);
    }

    synchronized void stored(String key, StorageClass as, long bytes) {
        gone(key);
        kept.put(key, new Kept(as, bytes, now));
    }

    synchronized void changed(String key, StorageClass as) {
        Kept before = kept.get(key);
        if (before.kept == StorageClass.INFREQUENT) {
            // Copying onto itself reads it.
            charge(cause, Kind.RETRIEVAL, gb(before.bytes) * perRetrieval(before.kept));
        }
        stored(key, as, before.bytes);
    }

    synchronized void gone(String key) {
        Kept before = kept.remove(key);
        if (before != null) {
            Duration left = Duration.ofDays(before.kept.leastDays()).minus(Duration.between(before.since, now));
            if (left.isPositive()) {
                charge(
                        cause,
                        Kind.EARLY_DELETION,
                        gb(before.bytes) * perMonth(before.kept) * left.toSeconds() / MONTH.toSeconds());
            }
        }
    }

    /** The object was removed without a request, which is not charged. */
    synchronized void lost(String key) {
        kept.remove(key);
    }

    synchronized void read(String key, long bytes) {
        Kept read = kept.get(key);
        charge(cause, Kind.TRAFFIC, gb(bytes) * TRAFFIC_PER_GB);
        if (read != null && read.kept == StorageClass.INFREQUENT) {
            charge(cause, Kind.RETRIEVAL, gb(bytes) * perRetrieval(read.kept));
        }
    }

    synchronized void thawed(String key) {
        Kept thawed = kept.get(key);
        charge(cause, Kind.RETRIEVAL, gb(thawed.bytes) * perRetrieval(thawed.kept));
    }

    private void charge(String why, Kind kind, double sum) {
        if (sum > 0) {
            months.computeIfAbsent(YearMonth.from(now.atZone(ZoneOffset.UTC)), month -> new EnumMap<>(Kind.class))
                    .merge(kind, sum, Double::sum);
            causes.computeIfAbsent(why, name -> new EnumMap<>(Kind.class)).merge(kind, sum, Double::sum);
        }
    }

    private double gb(long bytes) {
        return bytes / bytesPerGb;
    }

    private static Kind kind(StorageClass kept) {
        return switch (kept) {
            case STANDARD -> Kind.STANDARD;
            case INFREQUENT -> Kind.IA;
            case ARCHIVE -> Kind.ARCHIVE;
            case COLD_ARCHIVE -> Kind.COLD_ARCHIVE;
        };
    }

    private static double perMonth(StorageClass kept) {
        return switch (kept) {
            case STANDARD -> 0.12;
            case INFREQUENT -> 0.08;
            case ARCHIVE -> 0.033;
            case COLD_ARCHIVE -> 0.015;
        };
    }

    private static double perRetrieval(StorageClass kept) {
        return switch (kept) {
            case STANDARD -> 0;
            case INFREQUENT -> 0.0325;
            case ARCHIVE, COLD_ARCHIVE -> 0.06;
        };
    }

    /** How long a thaw takes. */
    static Duration thaws(StorageClass kept) {
        return kept == StorageClass.COLD_ARCHIVE ? Duration.ofHours(4) : Duration.ofMinutes(1);
    }

    /** What was charged for a kind, by what it was for. */
    public synchronized Map<String, Double> causes(Kind kind) {
        Map<String, Double> sums = new TreeMap<>();
        causes.forEach((why, kinds) -> {
            if (kinds.containsKey(kind)) {
                sums.put(why, kinds.get(kind));
            }
        });
        return sums;
    }

    public synchronized double sum(Kind kind) {
        return months.values().stream()
                .mapToDouble(each -> each.getOrDefault(kind, 0.0))
                .sum();
    }

    /** Months by kinds, as a table in Markdown. */
    public synchronized String table() {
        StringBuilder text = new StringBuilder("| month | Standard | IA | Archive | ColdArchive | requests | traffic |"
                + " retrieval | early deletion | sum |\n|---|---|---|---|---|---|---|---|---|---|\n");
        months.forEach((month, kinds) -> row(text, month.toString(), kinds));
        Map<Kind, Double> all = new EnumMap<>(Kind.class);
        months.values().forEach(each -> each.forEach((kind, sum) -> all.merge(kind, sum, Double::sum)));
        row(text, "all", all);
        return text.toString();
    }

    private static void row(StringBuilder text, String name, Map<Kind, Double> kinds) {
        text.append("| ").append(name);
        double sum = 0;
        for (Kind each : Kind.values()) {
            double value = kinds.getOrDefault(each, 0.0);
            sum += value;
            text.append(String.format(Locale.ROOT, each == Kind.REQUESTS ? " | %.4f" : " | %.2f", value));
        }
        text.append(String.format(Locale.ROOT, " | %.2f |%n", sum));
    }
}
