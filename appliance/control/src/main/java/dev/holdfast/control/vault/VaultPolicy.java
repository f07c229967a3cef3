package dev.holdfast.control.vault;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.holdfast.control.calendar.Hours;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.upload.Cooling;
import dev.holdfast.vault.upload.Selection;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What goes to a vault, when, how fast, and how it is kept there.
 *
 * @param when whether uploads begin by themselves
 * @param windows when they may run; empty for always
 * @param bandwidth limits by weekday and hour, the first that fits counts; none for no limit
 * @param leastAgeSeconds snapshots that are younger wait
 * @param nodes patterns of the names of nodes whose snapshots belong there; empty for all
 * @param keepDays how long snapshots stay, whatever becomes of them here; null for as long as they are here
 * @param containerClass how containers are kept at first; what is needed to find them always stays at hand
 * @param colder what becomes of them as they grow old
 * @param parallelParts on their way at once
 * @param evictAbove share of the capacity in per cent; above it what is in the vault leaves the volumes, 100 for never
 */
public record VaultPolicy(
        @JsonProperty(required = true) When when,
        @Bound(items = 100) @JsonProperty(required = true) List<Hours> windows,
        @Bound(items = 100) @JsonProperty(required = true) List<Bandwidth> bandwidth,
        @JsonProperty(required = true) long leastAgeSeconds,

        @Bound(characters = 255) @JsonProperty(required = true)
        List<String> nodes,

        @Nullable Integer keepDays,
        @JsonProperty(required = true) StorageClass containerClass,
        @Bound(items = 20) @JsonProperty(required = true) List<Colder> colder,
        @JsonProperty(required = true) int parallelParts,
        @JsonProperty(required = true) int evictAbove) {
    private static final int DEFAULT_PARALLEL = 4;

    public VaultPolicy {
        requireNonNull(when);
        requireNonNull(containerClass);
        windows = List.copyOf(windows);
        bandwidth = List.copyOf(bandwidth);
        nodes = List.copyOf(nodes);
        colder = List.copyOf(colder);
    }

    /** Uploads begin by themselves. */
    public static final VaultPolicy DEFAULT = new VaultPolicy(
            When.IMMEDIATELY,
            List.of(),
            List.of(),
            0,
            List.of(),
            null,
            StorageClass.STANDARD,
            List.of(),
            DEFAULT_PARALLEL,
            100);

    /** Nothing is ever written. */
    public static final VaultPolicy READ_ONLY = DEFAULT.uploading(When.NEVER);

    /**
     * Checks the name of a storage class.
     *
     * @throws IllegalArgumentException where there is no such class
     */
    public static String storageClass(String name) {
        return StorageClass.of(name).label();
    }

    /** Whether uploads begin by themselves. */
    public enum When {
        IMMEDIATELY,
        MANUALLY,
        /** Nothing is ever written: the appliance restores and does nothing else. */
        NEVER
    }

    /** A limit in force during some hours. */
    public record Bandwidth(
            @JsonProperty(required = true) Hours hours,
            @JsonProperty(required = true) long bytesPerSecond) {
        public Bandwidth {
            requireNonNull(hours);
        }
    }

    /** Containers of some age go to another class. */
    public record Colder(
            @JsonProperty(required = true) int afterDays,
            @JsonProperty(required = true) StorageClass to) {
        public Colder {
            requireNonNull(to);
        }
    }

    /**
     * Refuses what cannot be meant.
     *
     * @throws IllegalArgumentException saying what is wrong
     */
    public void check(String vault) {
        if (evictAbove < 1 || evictAbove > 100) {
            throw new PhrasedArgumentException(Phrase.of("vault.evict-above"));
        }
        if (evictAbove != 100 && !vault.equals(VaultRegistry.FIRST)) {
            throw new PhrasedArgumentException(Phrase.of("vault.evict-first").with("vault", vault));
        }
        if (leastAgeSeconds < 0 || keepDays != null && keepDays < 1) {
            throw new PhrasedArgumentException(Phrase.of("vault.ages"));
        }
        if (parallelParts < 1 || parallelParts > 64) {
            throw new PhrasedArgumentException(Phrase.of("vault.parts"));
        }
        for (Colder each : colder) {
            if (each.afterDays < 0) {
                throw new PhrasedArgumentException(Phrase.of("vault.class-days"));
            }
        }
        for (Colder each : colder) {
            if (each.to.compareTo(containerClass) <= 0) {
                throw new PhrasedArgumentException(Phrase.of("vault.class-not-colder")
                        .with("class", each.to.label())
                        .with("first", containerClass.label()));
            }
            for (Colder other : colder) {
                if (other.afterDays < each.afterDays && other.to.compareTo(each.to) >= 0) {
                    throw new PhrasedArgumentException(Phrase.of("vault.class-order")
                            .with("class", other.to.label())
                            .with("days", other.afterDays)
                            .with("laterClass", each.to.label())
                            .with("laterDays", each.afterDays));
                }
            }
        }
        for (Bandwidth each : bandwidth) {
            if (each.bytesPerSecond < 0) {
                throw new PhrasedArgumentException(Phrase.of("vault.limit"));
            }
        }
    }

    /** The options of {@code vault set} that give it; what is as by default is left out. */
    public List<String> options() {
        List<String> options = new ArrayList<>();
        if (when == When.MANUALLY) {
            options.addAll(List.of("--when", "manually"));
        }
        if (leastAgeSeconds > 0) {
            options.addAll(List.of("--after-hours", Long.toString(Math.ceilDiv(leastAgeSeconds, 3600))));
        }
        nodes.forEach(each -> options.addAll(List.of("--node", each)));
        if (keepDays != null) {
            options.addAll(List.of("--keep-days", keepDays.toString()));
        }
        windows.forEach(each -> options.addAll(List.of("--window", each.toString())));
        for (Bandwidth each : bandwidth) {
            options.addAll(List.of("--bandwidth", each.hours + "=" + Math.ceilDiv(each.bytesPerSecond, 1000) + "KB/s"));
        }
        if (containerClass != StorageClass.STANDARD) {
            options.addAll(List.of("--class", containerClass.label()));
        }
        colder.forEach(each -> options.addAll(List.of("--colder", each.afterDays + "=" + each.to.label())));
        if (evictAbove != 100) {
            options.addAll(List.of("--evict-above", Integer.toString(evictAbove)));
        }
        return options;
    }

    /** The same, with uploads that begin otherwise. */
    public VaultPolicy uploading(When otherwise) {
        return new VaultPolicy(
                otherwise,
                windows,
                bandwidth,
                leastAgeSeconds,
                nodes,
                keepDays,
                containerClass,
                colder,
                parallelParts,
                evictAbove);
    }

    /** The same, for the snapshots of a further node too. */
    public VaultPolicy alsoOf(String node) {
        List<String> more = new ArrayList<>(nodes);
        more.add(node);
        return new VaultPolicy(
                when,
                windows,
                bandwidth,
                leastAgeSeconds,
                more,
                keepDays,
                containerClass,
                colder,
                parallelParts,
                evictAbove);
    }

    /** Whether uploads may run now, in the appliance's own time zone. */
    public boolean open(LocalDateTime now) {
        return windows.isEmpty() || windows.stream().anyMatch(window -> window.contains(now));
    }

    /** The limit in force, 0 for none. */
    public long bytesPerSecond(LocalDateTime now) {
        for (Bandwidth each : bandwidth) {
            if (each.hours.contains(now)) {
                return each.bytesPerSecond;
            }
        }
        return 0;
    }

    public Selection selection() {
        return new Selection(
                nodes, Duration.ofSeconds(leastAgeSeconds), keepDays == null ? null : Duration.ofDays(keepDays));
    }

    public List<Cooling.Rule> cooling() {
        return colder.stream()
                .map(each -> new Cooling.Rule(Duration.ofDays(each.afterDays), each.to))
                .toList();
    }
}
