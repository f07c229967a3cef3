package dev.holdfast.hardware.part;

/**
 * A part that a source lists and that is not among the parts of a report: it is neither known nor gone.
 *
 * @param as the name by which it is among the parts, because another tool knows it by that; empty where it is not
 * @param why it is not
 */
public record Unlisted(PartKind kind, String name, String as, String why) {
    public Unlisted {
        name = Part.cut(name, Part.NAME_CHARACTERS);
        as = Part.cut(as, Part.NAME_CHARACTERS);
        why = Part.cut(why, Part.DETAIL_CHARACTERS);
    }

    /** A sensor without a reading, for example of an empty place. */
    public static Unlisted unread(PartKind kind, String name, String why) {
        return new Unlisted(kind, name, "", why);
    }

    /** A part that is listed by another name, or as another part. */
    public static Unlisted renamed(PartKind kind, String name, String as) {
        return new Unlisted(kind, name, as, "it is listed as " + as);
    }
}
