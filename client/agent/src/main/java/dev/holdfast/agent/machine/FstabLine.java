package dev.holdfast.agent.machine;

import dev.holdfast.agent.machine.RestoredDisk.Part;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * An entry of a table of file systems, as fstab(5) describes it.
 *
 * @param what the device, as the entry names it
 */
record FstabLine(String what, String place, String type, String options) {
    static Optional<FstabLine> parse(String line) {
        String text = line.strip();
        String[] fields = text.split("\\s+");
        if (text.isEmpty() || text.startsWith("#") || fields.length < 3) {
            return Optional.empty();
        }
        return Optional.of(new FstabLine(fields[0], plain(fields[1]), fields[2], fields.length > 3 ? fields[3] : ""));
    }

    /** Without slashes at its end. */
    private static String plain(String place) {
        return place.length() > 1 ? place.replaceFirst("/+$", "") : place;
    }

    /** The part that it names. */
    Optional<Part> find(List<Part> parts) {
        return parts.stream().filter(this::names).findFirst();
    }

    private boolean names(Part part) {
        int equals = what.indexOf('=');
        if (equals < 0) {
            return part.formerly().contains(what)
                    || what.equals("/dev/disk/by-uuid/" + part.uuid().orElse(" "));
        }
        String value = what.substring(equals + 1).replace("\"", "");
        return switch (what.substring(0, equals).toUpperCase(Locale.ROOT)) {
            case "UUID" -> value.equalsIgnoreCase(part.uuid().orElse(" "));
            case "LABEL" -> value.equals(part.values().get("LABEL"));
            case "PARTUUID" -> value.equalsIgnoreCase(part.partUuid());
            default -> false;
        };
    }

    /** Whether it names a disk by the order in which a machine finds it. */
    boolean byOrder() {
        return what.matches("/dev/(sd|vd|hd|xvd|nvme|mmcblk)[a-z0-9]+");
    }

    /** The value of an option; empty where it is not there. */
    String option(String name) {
        for (String each : options.split(",")) {
            if (each.startsWith(name + "=")) {
                return each.substring(name.length() + 1);
            }
        }
        return "";
    }
}
