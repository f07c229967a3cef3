package dev.holdfast.hardware.part;

import java.util.List;

/** What one source told: its parts have it among their sources. */
public record Reading(Source source, List<Part> parts, List<Unlisted> unlisted) {
    public Reading {
        String name = source.name();
        parts = parts.stream().map(part -> part.from(name)).toList();
        unlisted = List.copyOf(unlisted);
    }

    /** Everything that the source has. */
    public static Reading complete(String source, List<Part> parts) {
        return new Reading(new Source(source, ""), parts, List.of());
    }

    /**
     * A source that was not read, or not to its end.
     *
     * @param parts what it told before, and what to say of the others
     */
    public static Reading unread(String source, String why, List<Part> parts) {
        return new Reading(new Source(source, why), parts, List.of());
    }

    /** The same, where the tool ended with an error: it may not have told all. */
    public Reading endedWith(int code) {
        return code == 0 || !source.complete()
                ? this
                : new Reading(
                        new Source(source.name(), source.name() + " ended with exit code " + code), parts, unlisted);
    }

    public Reading without(List<Unlisted> more) {
        return new Reading(source, parts, more);
    }
}
