package dev.holdfast.control.task;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Tells of volumes that are missing: not mounted, or another disk is mounted in their place. Nothing is written to them
 * meanwhile. What was told is remembered in the control database, and closes when all are there again. One thread calls it now
 * and then.
 */
public final class VolumeWatch {
    private static final String KIND = "volume-missing";
    private static final String REMEMBERED = "volumes.missing";

    private final ControlDb control;
    private final Supplier<Map<Integer, Phrase>> missing;

    /** @param missing what is wrong with volumes, by their numbers */
    public VolumeWatch(ControlDb control, Supplier<Map<Integer, Phrase>> missing) {
        this.control = control;
        this.missing = missing;
    }

    public void look() throws IOException {
        Map<Integer, Phrase> now = new TreeMap<>(missing.get());
        String state = now.keySet().toString();
        String told = control.settings().get(REMEMBERED).orElse("[]");
        if (state.equals(told)) {
            return;
        }
        control.events().close(KIND, null);
        for (Map.Entry<Integer, Phrase> each : now.entrySet()) {
            control.events()
                    .raise(
                            Events.Severity.ALERT,
                            KIND,
                            null,
                            Phrase.of("event.volume-missing")
                                    .with("volume", each.getKey())
                                    .with("reason", each.getValue())
                                    .with(
                                            "command",
                                            control.command(
                                                    "volume",
                                                    "retire",
                                                    Integer.toString(each.getKey()),
                                                    "--lost",
                                                    "--dry-run")));
        }
        control.settings().set(REMEMBERED, state);
    }
}
