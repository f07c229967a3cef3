package dev.holdfast.control.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.store.volume.Room;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events of a disk that fills up. */
class RoomWatchTest {
    private static final long GB = 1_000_000_000;
    private static final long PROFILE = 20_000 * GB;

    @TempDir
    private Path work;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-02T10:00:00Z"));
    private final AtomicReference<Room> room = new AtomicReference<>(new Room(0, PROFILE, 100 * GB, 110 * GB));
    private ControlDb control;

    @BeforeEach
    void open() throws Exception {
        control = new ControlDb(work.resolve("control.db"), now::get);
    }

    @AfterEach
    void close() throws Exception {
        control.close();
    }

    /** As after a restart: what was told is remembered. */
    private void look(long used, long free) throws Exception {
        look(used, free, used + free);
    }

    private void look(long used, long free, long disk) throws Exception {
        room.set(new Room(used, PROFILE, free, disk));
        new RoomWatch(control, room::get, work, now::get).look();
    }

    private List<String> openEvents() throws Exception {
        return control.events().list(true, 100).stream()
                .map(each -> each.severity() + " " + each.kind())
                .toList();
    }

    private String newest() throws Exception {
        return control.events().list(false, 1).getFirst().message();
    }

    @Test
    void eachStateIsToldOnceAndClosesTheOneBefore() throws Exception {
        look(50 * GB, 50 * GB);
        assertThat(openEvents()).isEmpty();
        look(91 * GB, 9 * GB);
        look(92 * GB, 8 * GB);
        assertThat(openEvents()).containsExactly("WARNING nearly-full");
        assertThat(newest())
                .contains(
                        "91.0 GB of 100 GB, ",
                        "9.00 GB left",
                        "20.0 TB of the profile",
                        "cannot be told",
                        "policy preview");
        look(96 * GB, 4 * GB);
        assertThat(openEvents()).containsExactly("ALERT almost-full");
        assertThat(newest()).contains("will soon refuse backups", "4.00 GB left", "policy preview");
        // Too near the border to be over.
        look(94 * GB, 6 * GB);
        assertThat(openEvents()).containsExactly("ALERT almost-full");
        look(100 * GB, 0);
        look(100 * GB, 0);
        assertThat(openEvents()).containsExactly("ALERT reserve-reached");
        assertThat(newest())
                .contains(
                        "Backups are refused", "reserve", "gc", "holdfast appliance gc --grace-hours 0 --data " + work);
        look(91 * GB, 9 * GB);
        assertThat(openEvents()).containsExactly("WARNING nearly-full");
        // Too near the border to be over.
        look(84 * GB, 16 * GB);
        assertThat(openEvents()).containsExactly("WARNING nearly-full");
        look(60 * GB, 40 * GB);
        assertThat(openEvents()).containsExactly("INFO room-again");
        look(84 * GB, 16 * GB);
        assertThat(openEvents()).containsExactly("INFO room-again");
    }

    @Test
    void othersWhoFillTheFileSystemAreNoticedToo() throws Exception {
        look(10 * GB, GB / 2);
        assertThat(openEvents()).containsExactly("ALERT almost-full");
    }

    @Test
    void othersWhoFillTheFileSystemAreNoticedBeforeBackupsAreRefused() throws Exception {
        // Of the disk's 64 GB, backups use 72 MB.
        long used = 72_000_000;
        look(used, 10 * GB, 64 * GB);
        assertThat(openEvents()).isEmpty();
        look(used, 12 * GB / 10, 64 * GB);
        assertThat(openEvents()).containsExactly("WARNING nearly-full");
        look(used, 6 * GB / 10, 64 * GB);
        assertThat(openEvents()).containsExactly("ALERT almost-full");
        // Too near the border to be over.
        look(used, 7 * GB / 10, 64 * GB);
        assertThat(openEvents()).containsExactly("ALERT almost-full");
        look(used, 14 * GB / 10, 64 * GB);
        assertThat(openEvents()).containsExactly("WARNING nearly-full");
        look(used, 2 * GB, 64 * GB);
        assertThat(openEvents()).containsExactly("INFO room-again");
    }

    @Test
    void roomThatAWeekUsesUpIsNearlyFullHoweverLittleIsUsed() throws Exception {
        for (int hour = 0; hour <= 10 * 24; hour++) {
            control.history().sample(hour * GB / 24, 1000 * GB, 1);
            now.set(now.get().plus(Duration.ofHours(1)));
        }
        // 1 GB a day.
        look(10 * GB, 8 * GB, 20 * GB);
        assertThat(openEvents()).isEmpty();
        look(10 * GB, 6 * GB, 20 * GB);
        assertThat(openEvents()).containsExactly("WARNING nearly-full");
        look(10 * GB, 3 * GB / 2, 20 * GB);
        assertThat(openEvents()).containsExactly("ALERT almost-full");
    }

    @Test
    void fullByTheProfileIsToldAsSuch() throws Exception {
        look(PROFILE, 500 * GB);
        assertThat(openEvents()).containsExactly("ALERT full");
        assertThat(newest()).contains("the capacity of the profile is used up");
    }

    @Test
    void theForecastIsTold() throws Exception {
        for (int hour = 0; hour <= 10 * 24; hour++) {
            control.history().sample(hour * GB / 24, 100 * GB, 1);
            now.set(now.get().plus(Duration.ofHours(1)));
        }
        look(95 * GB, 5 * GB);
        // 1 GB a day, 5 GB left.
        assertThat(newest()).contains("at the growth of the last 10 days it is full on 2026-11-17");
    }
}
