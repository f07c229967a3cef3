package dev.holdfast.control.alert;

import dev.holdfast.control.db.AlertChannels;
import dev.holdfast.control.db.AlertGroups;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events.Event;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Tells each channel of all events that are severe enough for it, in their order. The first of a kind and node is told at
 * once; what comes like it is told as one summary when {@link #WINDOW} has passed, and so on until nothing comes. What cannot be
 * told now is told later, and rather twice than never.
 */
public final class Alerts implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Alerts.class.getName());
    private static final String SECRET = "alert secret";
    private static final long LOOK_NANOS = 1_000_000_000L;
    private static final long FIRST_WAIT_MILLIS = 5_000;
    private static final long LONGEST_WAIT_MILLIS = 300_000;
    private static final int AT_ONCE = 50;
    /** Events of one kind, severity and node are told together for so long. */
    public static final Duration WINDOW = Duration.ofMinutes(15);

    private final ControlDb control;
    private final VaultKeys keys;
    private final AlertSender sender;
    private final InstantSource clock;
    private final Map<String, Failing> failing = new HashMap<>();
    private final Thread thread;
    private volatile boolean closing;

    private record Failing(long waitMillis, long until) {}

    /** Begins; closes the sender in the end. */
    public Alerts(ControlDb control, VaultKeys keys, AlertSender sender) {
        this(control, keys, sender, InstantSource.system());
    }

    /** As {@link #Alerts(ControlDb, VaultKeys, AlertSender)}, for those who bring their own time. */
    public Alerts(ControlDb control, VaultKeys keys, AlertSender sender, InstantSource clock) {
        this.clock = clock;
        this.control = control;
        this.keys = keys;
        this.sender = sender;
        this.thread = Thread.ofPlatform().name("alerts").start(this::loop);
    }

    /** A channel's secret, as it is kept. */
    public static byte @Nullable [] seal(VaultKeys keys, String secret) throws IOException {
        return secret.isEmpty() ? null : keys.sealControl(SECRET, secret.getBytes(StandardCharsets.UTF_8));
    }

    /** Seals all with the newest key. */
    public static void reseal(ControlDb control, VaultKeys keys) throws IOException {
        for (AlertChannels.Row row : control.alertChannels().all()) {
            byte[] sealed = row.secret();
            byte[] resealed = sealed == null ? null : keys.resealControl(SECRET, sealed);
            if (resealed != null) {
                control.alertChannels().reseal(row.name(), resealed);
            }
        }
    }

    public static String open(VaultKeys keys, byte @Nullable [] sealed) throws IOException {
        return sealed == null ? "" : new String(keys.openControl(SECRET, sealed), StandardCharsets.UTF_8);
    }

    private void loop() {
        while (!closing) {
            try {
                for (AlertChannels.Row each : control.alertChannels().all()) {
                    tell(each);
                }
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "events could not be told", e);
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private void tell(AlertChannels.Row row) throws IOException {
        Failing last = failing.get(row.name());
        if (last != null && System.currentTimeMillis() < last.until) {
            return;
        }
        List<Event> events = control.events().after(row.delivered(), AT_ONCE);
        List<AlertGroups.Group> due = control.alertGroups().due(row.name(), clock.millis());
        if (events.isEmpty() && due.isEmpty()) {
            return;
        }
        try {
            AlertChannel channel = AlertChannel.parse(row.settings());
            Telling telling = new Telling(row.name(), channel, open(keys, row.secret()));
            for (Event event : events) {
                if (closing) {
                    return;
                }
                telling.tell(event);
            }
            for (AlertGroups.Group group : due) {
                if (closing) {
                    return;
                }
                telling.summarise(group);
            }
            failing.remove(row.name());
        } catch (IOException | RuntimeException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "channel " + row.name() + " could not be told; trying again: " + e.getMessage());
            control.alertChannels().failed(row.name(), Phrase.why(e));
            long wait = last == null ? FIRST_WAIT_MILLIS : Math.min(LONGEST_WAIT_MILLIS, 2 * last.waitMillis);
            failing.put(row.name(), new Failing(wait, System.currentTimeMillis() + wait));
        }
    }

    /** One channel's turn. */
    private final class Telling {
        private final String name;
        private final AlertChannel channel;
        private final String secret;

        Telling(String name, AlertChannel channel, String secret) {
            this.name = name;
            this.channel = channel;
            this.secret = secret;
        }

        void tell(Event event) throws IOException {
            boolean severe = event.severity().compareTo(channel.least()) >= 0;
            if (severe && !control.alertGroups().open(name, event)) {
                sender.send(channel, secret, event);
                control.alertGroups().begin(name, event, clock.millis() + WINDOW.toMillis());
            } else {
                control.alertChannels().delivered(name, event.id());
            }
        }

        void summarise(AlertGroups.Group group) throws IOException {
            AlertGroups.Extent extent = control.alertGroups().extent(group);
            long more = extent.events() - group.told();
            if (more <= 0) {
                control.alertGroups().end(group);
                return;
            }
            Event newest = extent.newest();
            sender.send(
                    channel,
                    secret,
                    newest.saying(Phrase.of("alert.more")
                            .with("count", more)
                            .with("first", group.first())
                            .with("newest", newest.said())));
            control.alertGroups().told(group, extent.events(), clock.millis() + WINDOW.toMillis());
            control.alertChannels().healthy(name);
        }
    }

    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        sender.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
