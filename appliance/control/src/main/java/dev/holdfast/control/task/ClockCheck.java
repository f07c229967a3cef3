package dev.holdfast.control.task;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Notices at a start that the clock is behind the time at which the appliance ran last, as after an empty clock battery. */
public final class ClockCheck {
    private static final String KIND = "clock-behind";
    /** More is no correction of a clock. */
    private static final Duration TOLERANCE = Duration.ofHours(1);

    private ClockCheck() {}

    /** Before the status of this run is written for the first time. */
    public static void look(ControlDb control, InstantSource clock) throws IOException {
        Instant now = clock.instant();
        Instant last =
                Instant.ofEpochMilli(Long.parseLong(control.status().all().getOrDefault("updated", "0")));
        control.events().close(KIND, null);
        if (last.isAfter(now.plus(TOLERANCE))) {
            control.events()
                    .raise(
                            Events.Severity.ALERT,
                            KIND,
                            null,
                            Phrase.of("event.clock-behind").with("now", now).with("last", last));
        }
    }
}
