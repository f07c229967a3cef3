package dev.holdfast.control.task;

import dev.holdfast.hardware.part.PartKind;

/** What to do about a part that is not healthy. */
final class PartAdvice {
    private PartAdvice() {}

    static String of(PartKind kind) {
        return switch (kind) {
            case POWER_SUPPLY ->
                "Check its cable and its power source; if both are right, replace it while the server runs";
            case FAN -> "Replace it before the server becomes too hot";
            case TEMPERATURE -> "Check the air conditioning, the fans, and that nothing blocks the air";
            case RAID_CONTROLLER -> "Look at the controller's log with its maker's tool";
            case WRITE_CACHE -> "Check the battery of the controller, then set write-back with its maker's tool";
            case BATTERY -> "While it charges, wait; otherwise replace it: without it, write caching is unsafe or off";
            case ARRAY ->
                "Replace the failed disk and let the array rebuild; until then, another failure may lose data";
            case DISK -> "Replace it while the array still has all other disks";
            case MEMORY -> "Test the memory, and replace the module that the system's event log names";
            case EVENT_LOG -> "Look at the log with 'ipmitool sel elist', and replace the part that it names";
        };
    }
}
