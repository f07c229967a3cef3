package dev.holdfast.hardware.part;

import java.util.List;
import java.util.stream.Stream;

/**
 * A part of the server and how it is.
 *
 * @param name unique among those of its kind; {@link #ALL} for all parts of a kind that nothing could be learned about
 * @param detail what the tool said, or why the state is unknown
 * @param sources names of the {@link Source}s that tell of it
 */
public record Part(PartKind kind, String name, PartState state, String detail, List<String> sources) {
    public static final String ALL = "all";
    public static final int NAME_CHARACTERS = 80;
    public static final int DETAIL_CHARACTERS = 300;

    public Part {
        name = cut(name, NAME_CHARACTERS);
        detail = cut(detail, DETAIL_CHARACTERS);
        sources = sources.stream().distinct().sorted().toList();
    }

    /** From no source yet. */
    public Part(PartKind kind, String name, PartState state, String detail) {
        this(kind, name, state, detail, List.of());
    }

    /** All that a RAID controller knows of, about which nothing could be learned. */
    public static List<Part> unknownRaid(String why) {
        return Stream.of(
                        PartKind.RAID_CONTROLLER, PartKind.WRITE_CACHE, PartKind.BATTERY, PartKind.ARRAY, PartKind.DISK)
                .map(kind -> unknown(kind, why))
                .toList();
    }

    /** All parts of a kind, about which nothing could be learned. */
    public static Part unknown(PartKind kind, String why) {
        return new Part(kind, ALL, PartState.UNKNOWN, why);
    }

    public boolean isAll() {
        return name.equals(ALL);
    }

    /** {@code Power supply PS1}, or {@code All power supplies}. */
    public String title() {
        return isAll() ? "All " + kind.all() : kind.one() + " " + name;
    }

    /** This part, as another tool sees it too. */
    public Part and(Part other) {
        String details = detail.isEmpty() || detail.equals(other.detail)
                ? other.detail
                : other.detail.isEmpty() ? detail : detail + "; " + other.detail;
        return new Part(kind, name, state.worse(other.state), details, both(sources, other.sources));
    }

    /** This part, of which a source tells. */
    public Part from(String source) {
        return new Part(kind, name, state, detail, both(sources, List.of(source)));
    }

    /** This part by another name. */
    public Part named(String other) {
        return new Part(kind, other, state, detail, sources);
    }

    private static List<String> both(List<String> some, List<String> others) {
        return Stream.concat(some.stream(), others.stream()).toList();
    }

    static String cut(String text, int characters) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= characters ? line : line.substring(0, characters - 1) + "…";
    }
}
