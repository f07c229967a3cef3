package dev.holdfast.control.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.plan.Dispatcher;
import dev.holdfast.control.plan.Plan;
import dev.holdfast.control.plan.Scheduler;
import dev.holdfast.control.plan.UpgradeTurns;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.file.FileObjectStore;
import dev.holdfast.vault.format.Office;
import dev.holdfast.vault.object.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Many nodes over many days, by a clock of the test's own: plans that order backups, missed days, broken off ones, policies that change, holds,
 * locks, clocks set wrong, retention, collection, uploads and restarts, against a model that knows each snapshot's content and
 * until when it must stay.
 */
class NinetyDaysTest {
    private static final int NODES = Integer.getInteger("holdfast.days.nodes", 12);
    private static final int DAYS = Integer.getInteger("holdfast.days", 45);
    private static final long SEED = Long.getLong("holdfast.days.seed", 1);
    private static final int FILES = 12;
    private static final ZoneId ZONE = ZoneOffset.UTC;
    private static final GarbageCollector.Rules RULES =
            new GarbageCollector.Rules(60, Duration.ofHours(24).toMillis());

    private static final Plan PLAN = new Plan(
            new Plan.What(List.of("/home"), List.of(), false, "", "", 60),
            new Plan.When("30 1 * * *", "UTC", List.of(), 20, true, 60),
            new Plan.How(0, 0, 0, false, 5));

    private final Random random = new Random(SEED);
    /** What the steady clock says; the wall clock may be wrong by {@code wrong}. */
    private Instant now = Instant.parse("2026-01-01T02:00:00Z");

    private Duration wrong = Duration.ZERO;

    private Path dir;
    private ObjectStore vault;
    private Office office;
    private ControlDb control;
    private LockClock clock;
    private RetentionService keeper;
    private Dispatcher dispatcher;
    private Scheduler scheduler;
    /** Nodes that were away yesterday. */
    private Set<Integer> away = new HashSet<>();
    /** Days since the clock was last set. */
    private int right;

    private final Map<Integer, int[]> disks = new HashMap<>();
    private final Map<UUID, Known> model = new LinkedHashMap<>();
    private int lost;
    private int brokenOff;
    private int deleted;
    private int refused;

    /** A snapshot as the model knows it. */
    private static final class Known {
        private final StoredSnapshot snapshot;
        private final int[] files;
        private long lockedUntil;
        private boolean held;

        private Known(StoredSnapshot snapshot, int[] files) {
            this.snapshot = snapshot;
            this.files = files;
        }
    }

    @BeforeEach
    void open() throws IOException {
        Path memory = Path.of("/dev/shm");
        dir = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "holdfast-days-")
                : Files.createTempDirectory("holdfast-days-");
        vault = new FileObjectStore(dir.resolve("vault"));
        control = new ControlDb(dir.resolve("control.db"), () -> now.plus(wrong));
        start();
        control.plans().put("nightly", PLAN.json());
        control.policies().put("short", new Policy(new Retention(0, 0, 7, 4, 0, 0, 0), 0, false).json());
        control.policies().put("locked", new Policy(new Retention(3, 0, 0, 0, 0, 0, 0), 14, true).json());
        for (int node = 1; node <= NODES; node++) {
            int id = node;
            String token = "secret-" + node;
            control.tokens().add(token, Duration.ofDays(1), null);
            control.nodes().enroll(token, "node-" + node, "test", NODES, made -> {
                assertThat(made).isEqualTo(id);
                return "fingerprint-" + id;
            });
            control.policies().bind(node, node % 4 == 0 ? "locked" : "short");
            control.plans().bind("nightly", node);
            disks.put(node, random.ints(FILES, 0, 400).toArray());
        }
    }

    @AfterEach
    void clean() throws IOException {
        office.close();
        control.close();
        vault.close();
        try (var files = Files.walk(dir)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private void start() throws IOException {
        control.tasks().breakRunning();
        dispatcher = new Dispatcher(
                control,
                NODES,
                (task, node, result) -> {},
                new UpgradeTurns(control, new ClientPackages(dir), () -> now));
        scheduler = new Scheduler(control, () -> now.plus(wrong), dispatcher::present);
        office = Office.open(dir.resolve("office"), vault, () -> now.plus(wrong));
        clock = new LockClock(() -> now.plus(wrong).toEpochMilli(), () -> now.toEpochMilli() * 1_000_000, memory());
        keeper = new RetentionService(
                control,
                office.store.manifests(),
                clock,
                snapshot -> office.journal.snapshots().forgotten(snapshot.id()));
    }

    private LockClock.Memory memory() {
        return new LockClock.Memory() {
            @Override
            public long[] read() throws IOException {
                return control.settings()
                        .get("clock")
                        .map(text ->
                                new long[] {Long.parseLong(text.split(" ")[0]), Long.parseLong(text.split(" ")[1])})
                        .orElse(new long[0]);
            }

            @Override
            public void write(long at, long wall) throws IOException {
                control.settings().set("clock", at + " " + wall);
            }
        };
    }

    private static byte[] content(int number) {
        return StoreFixture.random(number, 1_500 + number % 7 * 700);
    }

    @Test
    void nothingAliveIsLostNothingLockedGoesAndWhatIsDeadMakesRoom() throws IOException {
        System.out.println("seed " + SEED + ", " + NODES + " nodes, " + DAYS + " days");
        for (int day = 0; day < DAYS; day++) {
            plans(day);
            somethingOdd();
            retention();
            office.store.archiving().sealOpen();
            GarbageCollector.Outcome outcome =
                    office.store.collector().collect(RULES, (what, done, total) -> {}, () -> false);
            assertThat(outcome.warnings()).isEmpty();
            assertThat(outcome.waiting()).isZero();
            deleted += outcome.deleted();
            if (random.nextInt(3) == 0) {
                office.upload();
            }
            verifySome(day);
            now = now.plus(1, ChronoUnit.DAYS);
            clock.remember();
            if (random.nextInt(10) == 0) {
                office.close();
                start();
            }
        }
        end();
        System.out.println(model.size() + " snapshots left, " + lost + " forgotten, " + brokenOff
                + " backups broken off, " + deleted + " containers deleted, " + refused + " refusals");
    }

    /** One night: what is due is ordered of the nodes that are there, and done by them. */
    private void plans(int day) throws IOException {
        Set<Integer> absent = new HashSet<>();
        Map<Integer, List<Long>> heard = new TreeMap<>();
        Map<Integer, Dispatcher.Attendant> services = new HashMap<>();
        for (int node = 1; node <= NODES; node++) {
            int id = node;
            if (random.nextInt(10) == 0) {
                absent.add(node);
                continue;
            }
            heard.put(node, new ArrayList<>());
            Dispatcher.Attendant service = (task, job) -> heard.get(id).add(task);
            services.put(node, service);
            dispatcher.attend(node, service, List.of());
        }
        Set<Integer> done = new HashSet<>();
        // Failed ones are tried again after a minute.
        for (int minute = 0; minute < 5; minute++) {
            scheduler.look();
            dispatcher.look();
            for (Map.Entry<Integer, List<Long>> each : heard.entrySet()) {
                for (long task : List.copyOf(each.getValue())) {
                    each.getValue().remove(task);
                    boolean made = backup(each.getKey());
                    if (made) {
                        control.orders().received(task, 1, 1, new UUID(0, task).toString());
                        done.add(each.getKey());
                    }
                    Message.Outcome outcome = made ? Message.Outcome.DONE : Message.Outcome.FAILED;
                    dispatcher.ended(each.getKey(), new Message.Ended(task, outcome, "{}", ""));
                }
            }
            now = now.plus(1, ChronoUnit.MINUTES);
        }
        now = now.minus(5, ChronoUnit.MINUTES);
        if (right > 1) {
            // By a clock that is right every node that is there is backed up every night.
            assertThat(heard.keySet().stream().filter(node -> !done.contains(node)))
                    .as("seed %d, day %d", SEED, day)
                    .hasSizeLessThanOrEqualTo(1 + NODES / 10);
            Set<String> overdue = new HashSet<>();
            control.events().list(false, 100_000).stream()
                    .filter(event -> event.kind().equals("overdue"))
                    .forEach(event -> overdue.add(event.node()));
            for (int node : away) {
                assertThat(overdue).as("seed %d, day %d", SEED, day).contains("node-" + node);
            }
        }
        away = absent;
        right++;
        services.forEach(dispatcher::leave);
    }

    /** Returns whether it came to its end. */
    private boolean backup(int node) throws IOException {
        int[] files = disks.get(node).clone();
        for (int i = random.nextInt(4); i > 0; i--) {
            // Mostly its own, now and then what others have too.
            files[random.nextInt(FILES)] = random.nextInt(5) == 0 ? random.nextInt(400) : random.nextInt();
        }
        disks.put(node, files);
        List<byte[]> contents = new ArrayList<>();
        for (int file : java.util.Arrays.stream(files).distinct().toArray()) {
            contents.add(content(Math.abs(file % 1_000_000)));
        }
        boolean breaksOff = random.nextInt(20) == 0;
        try (BackupSession session = office.store.openBackup(node, "node-" + node)) {
            boolean[] known = session.known(
                    contents.stream().map(HashAlgorithm.NEWEST::digest).toList());
            for (int i = 0; i < contents.size(); i++) {
                if (!known[i]) {
                    byte[] content = contents.get(i);
                    session.put(ChunkKind.DATA, HashAlgorithm.NEWEST.digest(content), Packed.raw(content));
                }
            }
            if (breaksOff) {
                brokenOff++;
                return false;
            }
            keeper.committing(session.snapshot(), node);
            StoredSnapshot snapshot = StoreFixture.commitKnown(session, contents);
            keeper.committed(snapshot);
            Known made = new Known(snapshot, files);
            if (node % 4 == 0) {
                made.lockedUntil = now.plus(14, ChronoUnit.DAYS).toEpochMilli();
            }
            model.put(snapshot.id(), made);
            return true;
        }
    }

    private void somethingOdd() throws IOException {
        List<Known> all = List.copyOf(model.values());
        if (all.isEmpty()) {
            return;
        }
        Known some = all.get(random.nextInt(all.size()));
        UUID id = some.snapshot.id();
        switch (random.nextInt(6)) {
            case 0 -> {
                control.marks().hold(id, some.snapshot.node(), "for the test");
                some.held = true;
            }
            case 1 -> {
                control.marks().hold(id, some.snapshot.node(), null);
                some.held = false;
            }
            case 2 -> {
                wrong = Duration.ofHours(random.nextInt(-200, 200));
                right = 0;
            }
            case 3 -> {
                wrong = Duration.ZERO;
                right = 0;
            }
            case 4 -> {
                // An administrator who wants it gone, and may not be able to.
                if (some.held || some.lockedUntil > now.toEpochMilli()) {
                    assertThatThrownBy(() -> keeper.forget(some.snapshot, "somebody"))
                            .isInstanceOf(RetentionService.KeptException.class);
                    refused++;
                } else {
                    keeper.forget(some.snapshot, "somebody");
                    model.remove(id);
                    lost++;
                }
            }
            default -> {
                if (some.lockedUntil > now.toEpochMilli()) {
                    assertThat(control.marks().lock(id, some.snapshot.node(), clock.now(), false, clock.now()))
                            .isFalse();
                }
            }
        }
    }

    /** The model's own idea of what must stay, written another way than the product's. */
    private void retention() throws IOException {
        Set<UUID> stay = new HashSet<>();
        Map<Integer, List<Known>> byNode = new TreeMap<>();
        model.values()
                .forEach(each -> byNode.computeIfAbsent(each.snapshot.node(), node -> new ArrayList<>())
                        .add(each));
        long limit = now.plus(1, ChronoUnit.DAYS).toEpochMilli();
        byNode.forEach((node, list) -> {
            // Taken by a clock that was wrong.
            list.stream()
                    .filter(each -> each.snapshot.committed() > limit)
                    .forEach(each -> stay.add(each.snapshot.id()));
            list.removeIf(each -> each.snapshot.committed() > limit);
            list.sort(Comparator.comparingLong(each -> -each.snapshot.committed()));
            if (node % 4 == 0) {
                list.stream().limit(3).forEach(each -> stay.add(each.snapshot.id()));
            } else {
                newestOf(list, 7, date -> date, stay);
                newestOf(
                        list, 4, date -> date.with(TemporalAdjusters.previousOrSame(java.time.DayOfWeek.MONDAY)), stay);
            }
        });
        for (Known each : model.values()) {
            if (each.held || each.lockedUntil > now.toEpochMilli()) {
                stay.add(each.snapshot.id());
            }
        }
        int gone = 0;
        for (RetentionService.Judged each : keeper.judge(ZONE)) {
            UUID id = each.snapshot().id();
            assertThat(!each.reasons().isEmpty())
                    .as("%s of %s", each.reasons(), each.snapshot().nodeName())
                    .isEqualTo(stay.contains(id));
            if (each.reasons().isEmpty()) {
                keeper.forget(each.snapshot(), "retention");
                gone++;
            }
        }
        lost += gone;
        model.keySet().retainAll(stay);
        assertThat(office.store.manifests().list())
                .extracting(StoredSnapshot::id)
                .containsExactlyInAnyOrderElementsOf(model.keySet());
    }

    private static void newestOf(
            List<Known> newestFirst, int count, java.util.function.UnaryOperator<LocalDate> period, Set<UUID> stay) {
        Map<LocalDate, UUID> newest = new LinkedHashMap<>();
        for (Known each : newestFirst) {
            LocalDate date =
                    Instant.ofEpochMilli(each.snapshot.committed()).atZone(ZONE).toLocalDate();
            newest.putIfAbsent(period.apply(date), each.snapshot.id());
        }
        newest.values().stream().limit(count).forEach(stay::add);
    }

    private void verifySome(int day) throws IOException {
        List<Known> all = List.copyOf(model.values());
        for (int i = 0; i < Math.min(5, all.size()); i++) {
            verify(office, all.get(random.nextInt(all.size())), "day " + day);
        }
    }

    private static void verify(Office where, Known known, String label) throws IOException {
        Map<String, byte[]> files = where.files(known.snapshot);
        List<byte[]> expected = java.util.Arrays.stream(known.files)
                .distinct()
                .mapToObj(file -> content(Math.abs(file % 1_000_000)))
                .toList();
        assertThat(files)
                .as("seed %d, %s, %s", SEED, label, known.snapshot.id())
                .hasSize(expected.size());
        int i = 0;
        for (byte[] each : files.values()) {
            assertThat(each).as("seed %d, %s", SEED, label).isEqualTo(expected.get(i++));
        }
    }

    private void end() throws IOException {
        // The bound: what is left dead lies in containers that are alive for more than the rules' share, or young.
        now = now.plus(2, ChronoUnit.DAYS);
        wrong = Duration.ZERO;
        office.store.archiving().sealOpen();
        deleted += office.store
                .collector()
                .collect(RULES, (what, done, total) -> {}, () -> false)
                .deleted();
        GarbageCollector.Survey survey =
                office.store.collector().survey(RULES, each -> false, (what, done, total) -> {}, () -> false);
        assertThat(survey.containers()).isZero();
        assertThat(survey.deadBytes()).isLessThan(survey.usedBytes() * 40 / 100);
        assertThat(deleted).isPositive();
        for (Known each : model.values()) {
            verify(office, each, "at the end");
        }
        assertThat(office.store.checker().run(true, (what, done, total) -> {}).findings())
                .isEmpty();
        office.upload();
        assertThat(new VaultCheck(vault, (what, done, total) -> {})
                        .run(Office.recoveryKey(), true)
                        .findings())
                .isEmpty();
        assertThat(YearMonth.from(now.atZone(ZONE))).isAfter(YearMonth.of(2025, 12));
    }
}
