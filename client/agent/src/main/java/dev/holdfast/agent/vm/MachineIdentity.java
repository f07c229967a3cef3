package dev.holdfast.agent.vm;

/**
 * What tells a machine from others, for as long as it exists.
 *
 * @param uuid zeros where it has none
 * @param name empty where it has none
 */
public record MachineIdentity(String uuid, String name) {
    static final String NO_UUID = "00000000-0000-0000-0000-000000000000";

    /** What a person calls it. */
    public String title() {
        return !name.isEmpty() ? name : unknown() ? "vm" : uuid;
    }

    private boolean unknown() {
        return uuid.equals(NO_UUID);
    }

    /** Whether that is the same machine: one with a UUID may be renamed. */
    boolean isSame(MachineIdentity other) {
        return uuid.equalsIgnoreCase(other.uuid) && (!unknown() || name.equals(other.name));
    }

    /** For messages. */
    String shown() {
        return unknown() ? "'" + name + "', without a UUID" : "'" + name + "', UUID " + uuid;
    }
}
