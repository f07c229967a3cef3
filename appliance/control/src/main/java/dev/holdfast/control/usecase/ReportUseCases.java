package dev.holdfast.control.usecase;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.Scope;
import dev.holdfast.control.alert.AlertChannel;
import dev.holdfast.control.alert.Alerts;
import dev.holdfast.control.alert.Letter;
import dev.holdfast.control.alert.MailSender;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.calendar.Schedule;
import dev.holdfast.control.db.AlertChannels;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.report.Report;
import dev.holdfast.control.report.ReportLetter;
import dev.holdfast.control.report.ReportSchedule;
import dev.holdfast.control.report.ReportWords;
import dev.holdfast.protocol.phrase.Language;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import java.io.IOException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reports of how all machines stand: shown, sent by mail, and sent when they are due. */
public final class ReportUseCases {
    /** Raised where a report could not be sent, and closed when one was. */
    public static final String FAILED = "report-failed";

    private static final String SCHEDULE = "report.schedule";
    private static final String STATE = "report.state";
    private static final ObjectMapper JSON =
            new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    private static final Actor APPLIANCE =
            new Actor("appliance", Actor.Way.COMMAND, Set.of(Permission.VIEW), Scope.allNodes());
    private static final Duration FIRST_WAIT = Duration.ofMinutes(5);
    private static final Duration LONGEST_WAIT = Duration.ofHours(1);
    private static final List<String> LANGUAGES = List.of("en", "zh");

    private final ControlDb control;
    private final Engine engine;
    private final ReportFacts facts;
    private final AuditTrail audit;

    ReportUseCases(ControlDb control, Engine engine, OverviewUseCases overview) {
        this.control = control;
        this.engine = engine;
        this.facts = new ReportFacts(control, engine, overview);
        this.audit = new AuditTrail(control);
    }

    /**
     * A report, and how it reads as a mail.
     *
     * @param html and {@code text} say the same
     */
    public record Shown(Report report, String subject, String html, String text) {}

    /**
     * When reports are sent.
     *
     * @param next when the next one is due; null for never
     * @param sent when one was sent by the schedule last; null for never
     * @param error why the one that is due could not be sent; empty where none is waiting
     * @param errorPhrase the same for other languages; null where it has no code
     * @param channels the mail channels that there are
     */
    public record Scheduled(
            ReportSchedule schedule,
            @Nullable Instant next,
            @Nullable Instant sent,
            String error,
            @Nullable Phrase errorPhrase,
            List<String> channels) {}

    /**
     * A report to be sent now.
     *
     * @param every what time it tells of: daily, weekly or monthly; that of the schedule where it is missing
     * @param to whom; those of the schedule where they are missing
     */
    public record Sending(
            @Bound(characters = 10) @Nullable String every,
            @Bound(characters = 320, items = 50) @Nullable List<String> to) {}

    /** To whom it was sent. */
    public record Sent(List<String> to) {}

    /** What is remembered of sending; times are ms since 1970. */
    private record State(
            @JsonProperty long done,
            @JsonProperty long sent,
            @JsonProperty long again,
            @JsonProperty int attempts,
            @JsonProperty String error,
            @JsonProperty @Nullable String phrase) {
        static final State NONE = sent(0, 0);

        /** None is waiting. */
        static State sent(long due, long at) {
            return new State(due, at, 0, 0, "", null);
        }

        /** One is waiting. */
        State failed(Phrase why, Instant next) {
            return new State(done, sent, next.toEpochMilli(), attempts + 1, why.english(), PhraseJson.write(why));
        }
    }

    /** The report of the time until now. */
    public Shown report(Actor actor, String every, String language) throws IOException {
        actor.require(Permission.VIEW);
        actor.requireAllNodes();
        ReportSchedule schedule = schedule();
        return shown(
                actor,
                schedule,
                every.isEmpty() ? period(schedule) : choice("every", every, periods()),
                language.isEmpty() ? schedule.language() : choice("language", language, LANGUAGES),
                Instant.now());
    }

    private Shown shown(Actor actor, ReportSchedule schedule, String every, String language, Instant until)
            throws IOException {
        ZoneId zone = ZoneId.of(schedule.zone());
        Report report = facts.of(actor, ReportSchedule.from(every, until, zone), until, zone);
        ReportLetter letter = ReportLetter.of(report, new ReportWords(language(language), zone), schedule.console());
        return new Shown(report, letter.subject(), letter.html(), letter.text());
    }

    private static Language language(String language) {
        return Language.valueOf(language.toUpperCase(Locale.ROOT));
    }

    private static List<String> periods() {
        return ReportSchedule.EVERY.stream()
                .filter(each -> !each.equals(ReportSchedule.NEVER))
                .toList();
    }

    private static String period(ReportSchedule schedule) {
        return schedule.off() ? ReportSchedule.DAILY : schedule.every();
    }

    public Scheduled scheduled(Actor actor) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        ReportSchedule schedule = schedule();
        State state = state();
        List<String> channels = new ArrayList<>();
        for (AlertChannels.Row each : control.alertChannels().all()) {
            if (AlertChannel.parse(each.settings()) instanceof AlertChannel.Mail) {
                channels.add(each.name());
            }
        }
        return new Scheduled(
                schedule,
                schedule.nextDue(Instant.now()).orElse(null),
                Moments.ofMillis(state.sent),
                state.error,
                PhraseJson.read(state.phrase).orElse(null),
                channels);
    }

    /** Changes when reports are sent. The first is sent when it is due next. */
    public void schedule(Actor actor, ReportSchedule wanted) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        check(wanted);
        long past = wanted.lastDue(Instant.now()).map(Instant::toEpochMilli).orElse(0L);
        State state = state();
        control.settings().set(SCHEDULE, JSON.writeValueAsString(wanted));
        put(State.sent(past, state.sent));
        control.events().close(FAILED, null);
        audit.note(
                actor,
                "report schedule",
                wanted.every(),
                wanted.off()
                        ? "allowed"
                        : "at " + wanted.timeOfDay() + " " + wanted.zone() + " by " + wanted.channel());
    }

    private void check(ReportSchedule wanted) throws IOException {
        choice("every", wanted.every(), ReportSchedule.EVERY);
        choice("language", wanted.language(), LANGUAGES);
        if (wanted.weekday() < 1 || wanted.weekday() > 7 || wanted.monthDay() < 1 || wanted.monthDay() > 28) {
            throw UseCaseException.invalid(Phrase.of("report.day"));
        }
        try {
            LocalTime at = LocalTime.parse(wanted.timeOfDay());
            if (at.getSecond() != 0 || wanted.timeOfDay().length() != 5) {
                throw new DateTimeException("seconds");
            }
        } catch (DateTimeException e) {
            throw UseCaseException.invalid(Phrase.of("report.time").with("time", wanted.timeOfDay()));
        }
        try {
            Objects.requireNonNull(ZoneId.of(wanted.zone()));
        } catch (DateTimeException e) {
            throw UseCaseException.invalid(Schedule.noZone(wanted.zone()));
        }
        for (String each : wanted.to()) {
            AlertUseCases.requireAddress("to", each);
        }
        if (!wanted.console().isEmpty() && !isAddress(wanted.console())) {
            throw UseCaseException.invalid(Phrase.of("report.console").with("console", wanted.console()));
        }
        if (!wanted.off() || !wanted.channel().isEmpty()) {
            mail(wanted.channel());
        }
    }

    private static boolean isAddress(String text) {
        try {
            URI uri = URI.create(text);
            return List.of("https", "http").contains(String.valueOf(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null
                    && !text.endsWith("/");
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String choice(String field, String value, List<String> choices) throws UseCaseException {
        if (!choices.contains(value)) {
            throw UseCaseException.invalid(Choices.refusal(field, value, choices));
        }
        return value;
    }

    private record MailChannel(AlertChannel.Mail mail, AlertChannels.Row row) {}

    private MailChannel mail(String name) throws IOException {
        for (AlertChannels.Row each : control.alertChannels().all()) {
            if (each.name().equals(name) && AlertChannel.parse(each.settings()) instanceof AlertChannel.Mail mail) {
                return new MailChannel(mail, each);
            }
        }
        throw UseCaseException.invalid(Phrase.of("report.no-channel")
                .with("channel", name)
                .with("command", control.command("alert", "mail", "NAME", "--help")));
    }

    /** Sends a report now, whether or not one is due, and returns once the mail server has taken it. */
    public Sent send(Actor actor, Sending wanted) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        ReportSchedule schedule = schedule();
        String every = wanted.every == null ? period(schedule) : choice("every", wanted.every, periods());
        List<String> to = Objects.requireNonNullElse(wanted.to, List.<String>of());
        for (String each : to) {
            AlertUseCases.requireAddress("to", each);
        }
        mail(schedule.channel());
        List<String> told;
        try {
            told = send(actor, schedule, every, to, Instant.now());
        } catch (UseCaseException e) {
            throw e;
        } catch (IOException e) {
            audit.note(actor, "report send", every, "failed: " + e.getMessage());
            throw UseCaseException.unavailable(Phrase.why(e));
        }
        State state = state();
        if (!state.error.isEmpty() && to.isEmpty()) {
            // Those who waited for the report that was due have one.
            long due =
                    schedule.lastDue(Instant.now()).map(Instant::toEpochMilli).orElse(0L);
            put(State.sent(due, Instant.now().toEpochMilli()));
            control.events().close(FAILED, null);
        }
        audit.note(actor, "report send", every, "sent to " + String.join(", ", told));
        return new Sent(told);
    }

    private List<String> send(Actor actor, ReportSchedule schedule, String every, List<String> to, Instant until)
            throws IOException {
        MailChannel channel = mail(schedule.channel());
        List<String> own = schedule.to().isEmpty() ? channel.mail.to() : schedule.to();
        List<String> told = to.isEmpty() ? own : to;
        Shown report = shown(actor, schedule, every, schedule.language(), until);
        MailSender.send(
                channel.mail,
                Alerts.open(engine.keys(), channel.row.secret()),
                new Letter(told, report.subject, until, report.text, report.html));
        return told;
    }

    /** Sends the report that is due, if one is; what cannot be sent is tried again, and raises an event. */
    public void look(Instant now) throws IOException {
        ReportSchedule schedule = schedule();
        Optional<Instant> due = schedule.lastDue(now);
        State state = state();
        if (due.isEmpty() || due.get().toEpochMilli() <= state.done || now.toEpochMilli() < state.again) {
            return;
        }
        try {
            List<String> told = send(APPLIANCE, schedule, schedule.every(), List.of(), now);
            put(State.sent(due.get().toEpochMilli(), now.toEpochMilli()));
            control.events().close(FAILED, null);
            audit.note(APPLIANCE, "report send", schedule.every(), "sent to " + String.join(", ", told));
        } catch (IOException e) {
            Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(state.attempts, 10));
            wait = wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
            put(state.failed(Phrase.why(e), now.plus(wait)));
            if (state.attempts == 0) {
                control.events()
                        .raise(
                                Events.Severity.ALERT,
                                FAILED,
                                null,
                                Phrase.of("event.report-failed")
                                        .with("due", due.get())
                                        .with("reason", e)
                                        .with("command", control.command("report", "send")));
            }
        }
    }

    private ReportSchedule schedule() throws IOException {
        Optional<String> stored = control.settings().get(SCHEDULE);
        return stored.isPresent()
                ? JSON.readValue(stored.get(), ReportSchedule.class)
                : new ReportSchedule(
                        ReportSchedule.NEVER,
                        1,
                        1,
                        "07:00",
                        ZoneId.systemDefault().getId(),
                        "en",
                        "",
                        List.of(),
                        "");
    }

    private State state() throws IOException {
        Optional<String> stored = control.settings().get(STATE);
        return stored.isPresent() ? JSON.readValue(stored.get(), State.class) : State.NONE;
    }

    private void put(State state) throws IOException {
        control.settings().set(STATE, JSON.writeValueAsString(state));
    }
}
