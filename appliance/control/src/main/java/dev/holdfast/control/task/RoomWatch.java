package dev.holdfast.control.task;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.volume.Room;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;

/**
 * Tells of room that runs out: once when it is nearly used up, once when it is, and when there is room again, which closes the
 * earlier events. What was told is remembered in the control database. One thread calls it now and then.
 */
public final class RoomWatch {
    /** From here on it is nearly full, which is a warning with a forecast. */
    public static final double NEARLY_FULL_PERCENT = 85;
    /** From here on it is almost full, which is an alert: backups will soon be refused. */
    public static final double ALMOST_FULL_PERCENT = 95;
    /** So much lower it must fall for what was told to be over. */
    private static final double HYSTERESIS_PERCENT = 2;

    /** Below these parts of the file systems it is nearly and almost full too: others fill them as well. */
    private static final double NEARLY_FULL_FREE_PERCENT = 2;

    private static final double ALMOST_FULL_FREE_PERCENT = 1;
    /** As is what the growth of so many days uses up. */
    private static final int NEARLY_FULL_DAYS = 7;

    private static final int ALMOST_FULL_DAYS = 2;
    /** Growth of fewer days is the first filling, which ends. */
    private static final int LEAST_GROWTH_DAYS = 7;
    /** So many times as much there must be for what was told to be over. */
    private static final double HYSTERESIS_FACTOR = 1.25;

    private static final String REMEMBERED = "room.told";
    private static final String REMEMBERED_DATA = "room.told.data";
    private static final String DATA_KIND = "data-directory-nearly-full";
    private static final long LOW_DATA_BYTES = 4 * Manifests.MIN_FREE_BYTES;
    /** The kinds of events that tell of room on the volumes. */
    public static final List<String> KINDS = List.of("nearly-full", "almost-full", "full", "reserve-reached");

    private final ControlDb control;
    private final Supplier<Room> room;
    private final Path dataDirectory;
    private final InstantSource clock;

    /** @param dataDirectory where manifests, the index and the control database are, maybe on a file system of their own */
    public RoomWatch(ControlDb control, Supplier<Room> room, Path dataDirectory, InstantSource clock) {
        this.control = control;
        this.room = room;
        this.dataDirectory = dataDirectory;
        this.clock = clock;
    }

    /** The kind of event that a state of things is worth, empty for none. */
    private static String kind(Room now, Growth growth, String told) {
        if (now.leftBytes() == 0) {
            return now.limitedByFileSystems() ? "reserve-reached" : "full";
        }
        boolean toldAlmost = !told.equals("nearly-full") && !told.isEmpty();
        if (now.usedPercent() >= ALMOST_FULL_PERCENT - (toldAlmost ? HYSTERESIS_PERCENT : 0)
                || isLow(now, growth, ALMOST_FULL_FREE_PERCENT, ALMOST_FULL_DAYS, toldAlmost)) {
            return "almost-full";
        }
        boolean toldAny = !told.isEmpty();
        return now.usedPercent() >= NEARLY_FULL_PERCENT - (toldAny ? HYSTERESIS_PERCENT : 0)
                        || isLow(now, growth, NEARLY_FULL_FREE_PERCENT, NEARLY_FULL_DAYS, toldAny)
                ? "nearly-full"
                : "";
    }

    /**
     * Whether little is left, however little the backups themselves use.
     *
     * @param told whether that was told, and is over only where there is clearly more
     */
    private static boolean isLow(Room now, Growth growth, double percentOfDisk, int days, boolean told) {
        double factor = told ? HYSTERESIS_FACTOR : 1;
        boolean grows = growth.basedOnDays() >= LEAST_GROWTH_DAYS && growth.bytesPerDay() > 0;
        return now.freePercentOfDisk() < percentOfDisk * factor
                || grows && now.leftBytes() < (double) growth.bytesPerDay() * days * factor;
    }

    /** What was told last, one of {@link #KINDS}; empty where there is room enough. */
    public static String told(ControlDb control) throws IOException {
        return control.settings().get(REMEMBERED).orElse("");
    }

    public void look() throws IOException {
        lookAtVolumes();
        lookAtDataDirectory(Files.getFileStore(dataDirectory).getUsableSpace());
    }

    private void lookAtDataDirectory(long freeBytes) throws IOException {
        boolean told = !control.settings().get(REMEMBERED_DATA).orElse("").isEmpty();
        boolean low = freeBytes < LOW_DATA_BYTES;
        if (low == told) {
            return;
        }
        if (low) {
            control.events()
                    .raise(
                            Events.Severity.ALERT,
                            DATA_KIND,
                            null,
                            Phrase.of("room.data-directory")
                                    .with("directory", dataDirectory.toString())
                                    .with("free", freeBytes)
                                    .with("least", Manifests.MIN_FREE_BYTES));
        } else {
            control.events().close(DATA_KIND, null);
        }
        control.settings().set(REMEMBERED_DATA, low ? DATA_KIND : "");
    }

    private void lookAtVolumes() throws IOException {
        Room now = room.get();
        String told = told(control);
        Growth growth = growth(now);
        String kind = kind(now, growth, told);
        if (kind.equals(told)) {
            return;
        }
        for (String over : KINDS) {
            control.events().close(over, null);
        }
        if (kind.isEmpty()) {
            control.events()
                    .raise(
                            Events.Severity.INFO,
                            "room-again",
                            null,
                            Phrase.of("room.again").with("figures", figures(now)));
        } else {
            boolean warning = kind.equals("nearly-full");
            control.events()
                    .raise(
                            warning ? Events.Severity.WARNING : Events.Severity.ALERT,
                            kind,
                            null,
                            message(kind, now, growth));
        }
        control.settings().set(REMEMBERED, kind);
    }

    private Phrase message(String kind, Room now, Growth growth) {
        Phrase message = switch (kind) {
            case "nearly-full" -> Phrase.of("room.nearly-full").with("forecast", forecast(growth));
            case "almost-full" -> Phrase.of("room.almost-full").with("forecast", forecast(growth));
            case "reserve-reached" -> Phrase.of("room.reserve-reached");
            default -> Phrase.of("room.full");
        };
        Phrase todo = Phrase.of("room.to-do")
                .with("preview", control.command("policy", "preview"))
                .with("evict", control.command("vault", "evict", "SIZE"))
                .with("collect", control.command("gc", "--grace-hours", "0"));
        return message.with("figures", figures(now)).with("todo", todo);
    }

    /** As people read it, with what limits it. */
    public static Phrase figures(Room room) {
        Phrase figures = room.limitedByFileSystems()
                ? Phrase.of("room.figures-limited").with("profile", room.profileBytes())
                : Phrase.of("room.figures");
        return figures.with("used", room.usedBytes())
                .with("capacity", room.capacityBytes())
                .with("left", room.leftBytes());
    }

    private Growth growth(Room now) throws IOException {
        Instant time = clock.instant();
        return Growth.of(control.history().samples(time.toEpochMilli() - Growth.MONTH_MILLIS), now.leftBytes(), time);
    }

    private static Phrase forecast(Growth growth) {
        Instant full = growth.fullAt();
        return full == null
                ? Phrase.of("room.forecast-unknown")
                : Phrase.of("room.forecast").with("count", growth.basedOnDays()).with("day", full);
    }
}
