package dev.holdfast.hardware.parse;

import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.util.Locale;
import java.util.regex.Pattern;

/** What the conditions mean that a sensor asserts, in the words of {@code ipmitool}. */
final class SensorConditions {
    /** Each is a condition that is not there. */
    private static final Pattern DENIED =
            Pattern.compile("(state|predictive failure) deasserted|limit not exceeded|performance met");

    private static final Pattern OF_FAULTS =
            Pattern.compile("(?i).*(fail|fault|error|mismatch|lost|alert|alarm|warn|over|under|therm).*");

    private SensorConditions() {}

    static PartState state(PartKind kind, String name, String reading) {
        String all = reading.toLowerCase(Locale.ROOT);
        String asserted = DENIED.matcher(all).replaceAll("");
        boolean fault = OF_FAULTS.matcher(name).matches();
        if (failed(asserted) || fault && asserted.contains("state asserted")) {
            return PartState.FAILED;
        }
        if (Lines.has(asserted, "absent", "removed", "not present")) {
            return PartState.ABSENT;
        }
        if (degraded(asserted)) {
            return PartState.WARNING;
        }
        return switch (kind) {
            case POWER_SUPPLY -> supply(name, all, fault);
            case FAN -> fan(reading);
            default -> reading.isEmpty() ? PartState.UNKNOWN : PartState.OK;
        };
    }

    private static boolean failed(String asserted) {
        return Lines.has(asserted, "failure detected", "predictive failure", "fault", "install error")
                || Lines.has(asserted, "in critical array", "in failed array", "rebuild aborted")
                || Lines.has(asserted, "ac lost", "input lost", "out-of-range")
                || Lines.has(asserted, "redundancy lost", "non-redundant")
                || Lines.has(asserted, "transition to off line", "transition to power off")
                || Lines.has(asserted, "transition to critical", "transition to non-recoverable");
    }

    private static boolean degraded(String asserted) {
        return Lines.has(asserted, "redundancy degraded", "transition to degraded", "transition to non-critical")
                || Lines.has(asserted, "config error", "configuration error", "limit exceeded", "performance lags")
                || Lines.has(asserted, "inactive", "device disabled", "rebuild in progress");
    }

    private static PartState supply(String name, String all, boolean fault) {
        if (all.isEmpty()) {
            // A supply whose presence is not asserted is not there; a fault that is not asserted is none.
            return fault ? PartState.OK : Lines.has(name, "redun", "rdnd") ? PartState.UNKNOWN : PartState.ABSENT;
        }
        boolean healthy = Lines.has(all, "presence detected", "device present", "inserted", "device enabled")
                || Lines.has(all, "fully redundant", "deasserted", "limit not exceeded", "performance met")
                || Lines.has(all, "transition to ok", "transition to running", "transition to on line");
        return healthy ? PartState.OK : PartState.UNKNOWN;
    }

    private static PartState fan(String reading) {
        return reading.matches("0+ RPM") ? PartState.FAILED : reading.isEmpty() ? PartState.UNKNOWN : PartState.OK;
    }
}
