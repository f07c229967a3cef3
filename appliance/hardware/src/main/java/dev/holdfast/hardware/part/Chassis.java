package dev.holdfast.hardware.part;

/**
 * What a model's server has. A profile of another name promises nothing: what is reported is what there is.
 *
 * @param heightUnits of a rack, 0 where it is not known
 * @param powerSupplies that must be there
 * @param bays for disks
 */
public record Chassis(int heightUnits, int powerSupplies, int bays) {
    public static final Chassis UNKNOWN = new Chassis(0, 0, 0);

    /** By the name of the hardware profile. */
    public static Chassis of(String profile) {
        return switch (profile) {
            case "hdr-1000" -> new Chassis(1, 2, 4);
            case "hdr-2000" -> new Chassis(2, 2, 12);
            default -> UNKNOWN;
        };
    }

    public boolean known() {
        return heightUnits > 0;
    }
}
