package dev.holdfast.server.alert;

import dev.holdfast.server.control.AlertChannels;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.control.Events.Event;
import dev.holdfast.store.envelope.Vault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Tells each channel of all events that are severe enough for it, in their order. What cannot be told now is told later, and
 * rather twice than never.
 */
public final class Alerts implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Alerts.class.getName());
    private static final String SECRET = "alert secret";
    private static final long LOOK_NANOS = 1_000_000_000L;
    private static final long FIRST_WAIT_MILLIS = 5_000;
    private static final long LONGEST_WAIT_MILLIS = 300_000;
    private static final int AT_ONCE = 50;

    private final ControlDb control;
    private final Vault keys;
    private final AlertSender sender;
    private final Map<String, Failing> failing = new HashMap<>();
    private final Thread thread;
    private volatile boolean closing;

    private record Failing(long waitMillis, long until) {}

    /** Begins; closes the sender in the end. */
    public Alerts(ControlDb control, Vault keys, AlertSender sender) {
        this.control = control;
        this.keys = keys;
        this.sender = sender;
        this.thread = Thread.ofPlatform().name("alerts").start(this::loop);
    }

    /** A channel's secret, as it is kept. */
    public static byte @Nullable [] seal(Vault keys, String secret) throws IOException {
        return secret.isEmpty() ? null : keys.sealControl(SECRET, secret.getBytes(StandardCharsets.UTF_8));
    }

    /** Seals all with the newest key. */
    public static void reseal(ControlDb control, Vault keys) throws IOException {
        for (AlertChannels.Row row : control.alertChannels().all()) {
            byte[] sealed = row.secret();
            byte[] resealed = sealed == null ? null : keys.resealControl(SECRET, sealed);
            if (resealed != null) {
                control.alertChannels().reseal(row.name(), resealed);
            }
        }
    }

    public static String open(Vault keys, byte @Nullable [] sealed) throws IOException {
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
        if (events.isEmpty()) {
            return;
        }
        AlertChannel channel = AlertChannel.parse(row.settings());
        String secret = open(keys, row.secret());
        for (Event event : events) {
            if (closing) {
                return;
            }
            try {
                if (event.severity().compareTo(channel.least()) >= 0) {
                    sender.send(channel, secret, event);
                }
                control.alertChannels().delivered(row.name(), event.id());
                failing.remove(row.name());
            } catch (IOException | RuntimeException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "channel " + row.name() + " could not be told of event " + event.id() + "; trying again: "
                                + e.getMessage());
                control.alertChannels().failed(row.name(), String.valueOf(e.getMessage()));
                long wait = last == null ? FIRST_WAIT_MILLIS : Math.min(LONGEST_WAIT_MILLIS, 2 * last.waitMillis);
                failing.put(row.name(), new Failing(wait, System.currentTimeMillis() + wait));
                return;
            }
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
