package dev.holdfast.control.calendar;

import com.cronutils.descriptor.CronDescriptor;
import com.cronutils.model.Cron;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * When something is due: a cron line of five fields in a time zone. What falls into the hour that a change of clocks
 * leaves out is due at the change; what falls into an hour that comes twice is due once, unless it is due every hour.
 * Immutable.
 */
public final class Schedule {
    /** Of a line: as long as sixty minutes in a list, and some. */
    public static final int MOST_CHARACTERS = 400;

    private static final int MOST_COMMAS = 120;
    private static final CronParser PARSER = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
    private static final Map<String, String> SHORT = Map.of(
            "@hourly", "0 * * * *",
            "@daily", "0 0 * * *",
            "@weekly", "0 0 * * 1",
            "@monthly", "0 0 1 * *");

    private static final Pattern EVERY =
            Pattern.compile("every\\s+(?:([0-9]{1,4})\\s*)?min(?:ute)?s?", Pattern.CASE_INSENSITIVE);

    private record Field(String title, String range) {}

    /** In their order. */
    private static final List<Field> FIELDS = List.of(
            new Field("minute", "0 to 59"),
            new Field("hour", "0 to 23"),
            new Field("day", "1 to 31"),
            new Field("month", "1 to 12 or JAN to DEC"),
            new Field("weekday", "0 to 7 (0 and 7 are Sunday) or SUN to SAT"));

    private final Cron cron;
    private final ExecutionTime times;
    private final ZoneId zone;

    private Schedule(Cron cron, ZoneId zone) {
        this.cron = cron;
        this.times = ExecutionTime.forCron(cron);
        this.zone = zone;
    }

    /**
     * @param line {@code minute hour day month weekday}, or {@code @hourly}, {@code @daily}, {@code @weekly} (Mondays),
     *     {@code @monthly}; see also {@link #plain}
     * @param zone such as Asia/Shanghai
     */
    public static Schedule parse(String line, String zone) {
        if (line.length() > MOST_CHARACTERS
                || line.chars().filter(each -> each == ',').count() > MOST_COMMAS) {
            throw new PhrasedArgumentException(Phrase.of("schedule.too-long")
                    .with("characters", MOST_CHARACTERS)
                    .with("commas", MOST_COMMAS)
                    .with("length", line.length()));
        }
        try {
            Cron cron = PARSER.parse(SHORT.getOrDefault(line.strip().toLowerCase(Locale.ROOT), line.strip()))
                    .validate();
            return new Schedule(cron, ZoneId.of(zone));
        } catch (DateTimeException e) {
            throw new PhrasedArgumentException(noZone(zone), e);
        } catch (IllegalArgumentException e) {
            throw new PhrasedArgumentException(
                    Phrase.of("schedule.wrong").with("line", line).with("why", refusal(line.strip())), e);
        }
    }

    /**
     * A schedule as a cron line: {@code every 5 min} is {@code *}{@code /5 * * * *}, all other texts are as they are.
     *
     * @throws PhrasedArgumentException where an hour has no such parts
     */
    public static String plain(String text) {
        Matcher every = EVERY.matcher(text.strip());
        if (!every.matches()) {
            return text;
        }
        int minutes = every.group(1) == null ? 1 : Integer.parseInt(every.group(1));
        if (minutes == 0 || minutes > 30 || 60 % minutes != 0) {
            throw new PhrasedArgumentException(Phrase.of("schedule.every").with("text", text));
        }
        return (minutes == 1 ? "*" : "*/" + minutes) + " * * * *";
    }

    /** What to say of a text that should be a time zone. */
    public static Phrase noZone(String zone) {
        return Phrase.of("schedule.no-zone").with("zone", zone);
    }

    /** Which field of a line is wrong, and what it may be. The library's reason is for programmers. */
    private static Phrase refusal(String line) {
        if (line.startsWith("@")) {
            return Phrase.of("schedule.short-forms");
        }
        List<String> fields = line.isEmpty() ? List.of() : List.of(line.split("\\s+"));
        if (fields.size() != FIELDS.size()) {
            return Phrase.of("schedule.fields").with("fields", fields.size());
        }
        for (int i = 0; i < FIELDS.size(); i++) {
            if (!accepts(i, fields.get(i))) {
                return Phrase.of("schedule.field")
                        .with("field", FIELDS.get(i).title)
                        .with("text", fields.get(i))
                        .with("range", FIELDS.get(i).range);
            }
        }
        return Phrase.of("schedule.form");
    }

    /** Whether a line with this text in a field, and all others open, is a schedule. */
    private static boolean accepts(int field, String text) {
        List<String> line = new ArrayList<>(Collections.nCopies(FIELDS.size(), "*"));
        line.set(field, text);
        try {
            PARSER.parse(String.join(" ", line)).validate();
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    public ZoneId zone() {
        return zone;
    }

    /** The first moment behind another at which something is due; empty where that is never. */
    public Optional<Instant> next(Instant after) {
        ZonedDateTime from = after.atZone(zone);
        Optional<Instant> regular = times.nextExecution(from).map(ZonedDateTime::toInstant);
        ZoneOffsetTransition change = zone.getRules().nextTransition(after);
        if (change != null && change.isGap()) {
            // The library leaves out what falls into a gap.
            Instant at = change.getInstant();
            boolean due = times.nextExecution(
                            change.getDateTimeBefore().minusSeconds(1).atZone(ZoneOffset.UTC))
                    .filter(time -> time.toLocalDateTime().isBefore(change.getDateTimeAfter()))
                    .isPresent();
            if (due && at.isAfter(after) && regular.filter(at::isAfter).isEmpty()) {
                return Optional.of(at);
            }
        }
        return regular;
    }

    /** In words. */
    public String describe() {
        return describe(Locale.ENGLISH);
    }

    /** In words of a language, or in English. */
    public String describe(Locale language) {
        return CronDescriptor.instance(language).describe(cron) + " (" + zone + ")";
    }
}
