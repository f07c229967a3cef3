package dev.holdfast.hardware.part;

/**
 * What tells of parts: one output of a tool, or a file of the kernel. A part that a source told of and does not list any
 * more is gone only if the source was read completely.
 *
 * @param name one of the constants, or one that a later release added
 * @param unread why it was not read completely; empty where it was
 */
public record Source(String name, String unread) {
    public static final String IPMI_SENSORS = "ipmitool sdr";
    public static final String IPMI_EVENTS = "ipmitool sel";
    /** Also of perccli, which prints the same of the same controllers. */
    public static final String STORCLI = "storcli";

    public static final String STORCLI_VOLUMES = "storcli volumes";
    public static final String STORCLI_DRIVES = "storcli drives";
    public static final String STORCLI_BATTERIES = "storcli bbu";
    public static final String STORCLI_CAPACITORS = "storcli cv";
    public static final String SSACLI = "ssacli";
    public static final String SMARTCTL = "smartctl";
    public static final String SOFTWARE_RAID = "mdstat";
    public static final String MEMORY = "edac";
    /** The report itself, where there is none: it stands for all sources. */
    public static final String REPORT = "report";

    public static final int NAME_CHARACTERS = 40;

    public Source {
        name = Part.cut(name, NAME_CHARACTERS);
        unread = Part.cut(unread, Part.DETAIL_CHARACTERS);
    }

    public boolean complete() {
        return unread.isEmpty();
    }
}
