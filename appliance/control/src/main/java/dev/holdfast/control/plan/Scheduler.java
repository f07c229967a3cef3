package dev.holdfast.control.plan;

import dev.holdfast.control.calendar.Schedule;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Orders what plans make due, once each: what was missed is made up once, what failed is tried again, what does not come
 * is told of. One thread calls it now and then; what it must remember is in the control database.
 */
public final class Scheduler {
    private static final System.Logger LOG = System.getLogger(Scheduler.class.getName());
    /** A moment that is noticed later than this was missed. */
    private static final Duration LATE = Duration.ofMinutes(10);

    private static final int MAX_MISSED = 100_000;
    private static final List<Duration> LOOK_BACK =
            List.of(Duration.ofHours(2), Duration.ofDays(2), Duration.ofDays(60));
    /** Runs that are left out are told of once for each run that goes on, and again where so much time is between them. */
    private static final Duration TOLD_EACH = Duration.ofHours(1);

    private static final List<Duration> RETRY_AFTER =
            List.of(Duration.ofMinutes(1), Duration.ofMinutes(5), Duration.ofMinutes(15));
    private final ControlDb control;
    private final InstantSource clock;
    private final Presence presence;
    /** The first look of this run: until then nobody was there to notice what became due. */
    private final Instant began;

    /** Whether a node's service holds a connection. */
    public interface Presence {
        boolean present(int node);
    }

    public Scheduler(ControlDb control, InstantSource clock, Presence presence) {
        this.control = control;
        this.clock = clock;
        this.presence = presence;
        this.began = clock.instant();
    }

    public void look() throws IOException {
        Instant now = clock.instant();
        Map<String, PlanTable.Row> rows = new HashMap<>();
        Map<String, Plan> plans = new HashMap<>();
        for (PlanTable.Row row : control.plans().all()) {
            rows.put(row.name(), row);
            try {
                plans.put(row.name(), Plan.parse(row.settings()));
            } catch (IOException e) {
                // One that cannot be read must not stop the others.
                LOG.log(System.Logger.Level.ERROR, "plan " + row.name() + " cannot be read", e);
            }
        }
        for (PlanTable.Binding binding : control.plans().bindings()) {
            Plan plan = plans.get(binding.plan());
            if (plan == null) {
                continue;
            }
            Schedule schedule = plan.when().parsed();
            if (schedule == null) {
                continue;
            }
            PlanTable.Row row = Objects.requireNonNull(rows.get(binding.plan()));
            try {
                if (!row.paused()) {
                    due(binding, plan, schedule, now);
                    again(binding, plan, schedule, now);
                }
                // A pause that nobody ends is how backups stop for ever.
                overdue(binding, row, plan, schedule, now);
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "plan " + binding.plan() + " could not be followed", e);
            }
        }
    }

    private void due(PlanTable.Binding binding, Plan plan, Schedule schedule, Instant now) throws IOException {
        if (Instant.ofEpochMilli(binding.dealt()).isAfter(now)) {
            // The clock ran ahead and was set right: waiting for it to come there again might take years.
            LOG.log(System.Logger.Level.DEBUG, () -> "the clock was set back; plan " + binding.plan() + " begins anew");
            control.plans().dealt(binding, now.toEpochMilli());
            return;
        }
        Optional<Instant> newest = newest(schedule, Instant.ofEpochMilli(binding.dealt()), now);
        if (newest.isEmpty()) {
            return;
        }
        Instant due = newest.get();
        boolean missed = due.isBefore(began) && Duration.between(due, now).compareTo(LATE) > 0;
        if (missed && !plan.when().makeUp()) {
            control.plans().dealt(binding, due.toEpochMilli());
            return;
        }
        if (now.isBefore(due.plus(jitter(binding, plan, due))) || !plan.when().mayBegin(now, schedule)) {
            return;
        }
        Optional<Task> last = control.orders().last(binding.plan(), binding.node());
        if (last.isPresent() && !last.get().state().ended()) {
            boolean first = binding.dealt() <= last.get().queuedAt().toEpochMilli();
            // A run that takes an hour leaves out sixty of a plan that is due every minute.
            if (first || due.toEpochMilli() - binding.dealt() >= TOLD_EACH.toMillis()) {
                control.tasks()
                        .log(last.get().id(), Phrase.of("log.run-left-out").with("due", due));
            }
        } else {
            order(binding, plan, 1, missed ? "schedule, made up" : "schedule");
        }
        control.plans().dealt(binding, due.toEpochMilli());
    }

    /** Of several moments that were missed the newest counts; it is looked for from the end, since there may be many. */
    private static Optional<Instant> newest(Schedule schedule, Instant dealt, Instant now) {
        Optional<Instant> found = Optional.empty();
        for (Duration back : LOOK_BACK) {
            Instant from = now.minus(back);
            if (found.isEmpty() && from.isAfter(dealt)) {
                found = schedule.next(from).filter(each -> !each.isAfter(now));
            }
        }
        if (found.isEmpty()) {
            found = schedule.next(dealt).filter(each -> !each.isAfter(now));
        }
        for (int missed = 0; found.isPresent() && missed < MAX_MISSED; missed++) {
            Optional<Instant> later = schedule.next(found.get()).filter(each -> !each.isAfter(now));
            if (later.isEmpty()) {
                break;
            }
            found = later;
        }
        return found;
    }

    /** The same for all of a run's looks, another for each node. */
    private static Duration jitter(PlanTable.Binding binding, Plan plan, Instant due) {
        long most = plan.jitter().toMillis();
        if (most == 0) {
            return Duration.ZERO;
        }
        long mixed = (binding.node() * 0x9E3779B97F4A7C15L) ^ due.getEpochSecond() * 0xBF58476D1CE4E5B9L;
        mixed ^= mixed >>> 31;
        return Duration.ofMillis(Math.floorMod(mixed * 0x94D049BB133111EBL >>> 8, most));
    }

    private void order(PlanTable.Binding binding, Plan plan, int attempt, String by) throws IOException {
        Orders.backup(
                control,
                binding.node(),
                binding.plan(),
                attempt,
                false,
                plan.how().priority(),
                by);
    }

    /** What failed is tried again, a few times, unless the next is due anyway. */
    private void again(PlanTable.Binding binding, Plan plan, Schedule schedule, Instant now) throws IOException {
        Optional<Task> found = control.orders().last(binding.plan(), binding.node());
        if (found.isEmpty()) {
            return;
        }
        Task last = found.get();
        Instant finished = last.finishedAt();
        if (finished == null
                || !last.requestedBy().startsWith("schedule")
                || last.state() != TaskState.FAILED && last.state() != TaskState.BROKEN) {
            return;
        }
        int attempt = Orders.attempt(last);
        if (attempt <= RETRY_AFTER.size()
                && !now.isBefore(finished.plus(RETRY_AFTER.get(attempt - 1)))
                && plan.when().mayBegin(now, schedule)) {
            order(binding, plan, attempt + 1, "schedule, attempt " + (attempt + 1));
        }
    }

    private void overdue(PlanTable.Binding binding, PlanTable.Row row, Plan plan, Schedule schedule, Instant now)
            throws IOException {
        if (plan.when().overdueMinutes() == 0 || row.excusedUntil() > now.toEpochMilli()) {
            if (binding.overdue() != 0) {
                control.plans().overdue(binding, 0);
                control.events().close(PlanTable.OVERDUE, binding.node(), PlanTable.beginning(binding.plan()));
            }
            return;
        }
        long done = Math.min(now.toEpochMilli(), control.orders().lastDone(binding.plan(), binding.node()));
        Optional<Instant> next = schedule.next(Instant.ofEpochMilli(
                Math.max(Math.max(done, row.excusedUntil()), Math.min(now.toEpochMilli(), binding.boundAt()))));
        if (next.isEmpty()) {
            return;
        }
        Instant due = next.get();
        Duration patience = plan.jitter().plusMinutes(plan.when().overdueMinutes());
        boolean late = now.isAfter(due.plus(patience));
        if (late && binding.overdue() != due.toEpochMilli()) {
            control.plans().overdue(binding, due.toEpochMilli());
            Phrase message = done == 0
                    ? Phrase.of("event.overdue-since-bound")
                    : Phrase.of("event.overdue").with("since", Instant.ofEpochMilli(done));
            control.events()
                    .raise(
                            Events.Severity.ALERT,
                            PlanTable.OVERDUE,
                            binding.node(),
                            message.with("plan", PlanTable.about(binding.plan()))
                                    .with("due", due)
                                    .with("reason", why(binding, row)));
        } else if (!late && binding.overdue() != 0) {
            control.plans().overdue(binding, 0);
            control.events().close(PlanTable.OVERDUE, binding.node(), PlanTable.beginning(binding.plan()));
            control.events()
                    .raise(
                            Events.Severity.INFO,
                            "caught-up",
                            binding.node(),
                            Phrase.of("event.caught-up").with("plan", PlanTable.about(binding.plan())));
        }
    }

    private Phrase why(PlanTable.Binding binding, PlanTable.Row row) throws IOException {
        if (row.paused()) {
            LocalDate week = LocalDate.ofInstant(clock.instant().plus(Duration.ofDays(7)), ZoneOffset.UTC);
            return Phrase.of("overdue.paused")
                    .with("resume", control.command("plan", "resume", row.name()))
                    .with("pause", control.command("plan", "pause", row.name(), "--until", week.toString()));
        }
        Optional<Task> last = control.orders().last(binding.plan(), binding.node());
        if (!presence.present(binding.node())) {
            return Phrase.of("overdue.not-connected");
        }
        return last.map(Scheduler::outcome).orElse(Phrase.of("overdue.not-begun"));
    }

    private static Phrase outcome(Task last) {
        Phrase outcome = switch (last.state()) {
            case QUEUED, RUNNING -> Phrase.of("overdue.goes-on");
            case DONE -> Phrase.of("overdue.done");
            case FAILED -> Phrase.of("overdue.failed");
            case BROKEN -> Phrase.of("overdue.broken");
            case CANCELLED -> Phrase.of("overdue.cancelled");
        };
        return outcome.with("task", last.id()).with("reason", last.why());
    }
}
