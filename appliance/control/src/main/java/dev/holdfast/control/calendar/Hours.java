package dev.holdfast.control.calendar;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.time.DayOfWeek;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Hours of some weekdays, written {@code mon-fri 08:00-18:00}, {@code sat,sun 00:00-24:00} or {@code 22:00-06:00} (every
 * day). Hours that end before they begin run into the next day, and belong to the day on which they began.
 *
 * @param to null for midnight at the end of the day
 */
public record Hours(
        Set<DayOfWeek> days, LocalTime from, @Nullable LocalTime to) {
    private static final Pattern FORM =
            Pattern.compile("(?:([a-z,-]+)\\s+)?(\\d{2}:\\d{2})-(\\d{2}:\\d{2})", Pattern.CASE_INSENSITIVE);
    private static final List<String> NAMES = List.of("mon", "tue", "wed", "thu", "fri", "sat", "sun");

    public Hours {
        days = Set.copyOf(days);
    }

    @JsonCreator
    public static Hours parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (!form.matches()) {
            throw new PhrasedArgumentException(Phrase.of("hours.wrong").with("text", text));
        }
        try {
            LocalTime from = LocalTime.parse(form.group(2));
            LocalTime to = form.group(3).equals("24:00") ? null : LocalTime.parse(form.group(3));
            if (from.equals(to)) {
                throw new PhrasedArgumentException(Phrase.of("hours.empty").with("text", text));
            }
            return new Hours(days(form.group(1)), from, to);
        } catch (java.time.DateTimeException e) {
            throw new PhrasedArgumentException(Phrase.of("hours.no-time").with("text", text), e);
        }
    }

    private static Set<DayOfWeek> days(@Nullable String text) {
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        if (text == null) {
            return EnumSet.allOf(DayOfWeek.class);
        }
        for (String part : text.toLowerCase(Locale.ROOT).split(",")) {
            String[] ends = part.split("-", 2);
            DayOfWeek first = day(ends[0]);
            DayOfWeek last = ends.length == 2 ? day(ends[1]) : first;
            for (DayOfWeek day = first; ; day = day.plus(1)) {
                days.add(day);
                if (day == last) {
                    break;
                }
            }
        }
        return days;
    }

    private static DayOfWeek day(String name) {
        int at = NAMES.indexOf(name);
        if (at < 0) {
            throw new PhrasedArgumentException(Phrase.of("hours.no-weekday").with("name", name));
        }
        return DayOfWeek.of(at + 1);
    }

    public boolean contains(LocalDateTime moment) {
        LocalTime time = moment.toLocalTime();
        boolean today = days.contains(moment.getDayOfWeek());
        LocalTime end = to;
        if (end == null) {
            return today && !time.isBefore(from);
        }
        if (from.isBefore(end)) {
            return today && !time.isBefore(from) && time.isBefore(end);
        }
        boolean yesterday = days.contains(moment.getDayOfWeek().minus(1));
        return today && !time.isBefore(from) || yesterday && time.isBefore(end);
    }

    @JsonValue
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        if (days.size() < 7) {
            String names = days.stream()
                    .sorted()
                    .map(day -> NAMES.get(day.getValue() - 1))
                    .collect(java.util.stream.Collectors.joining(","));
            text.append(names).append(' ');
        }
        LocalTime end = to;
        return text.append(from)
                .append('-')
                .append(end == null ? "24:00" : end.toString())
                .toString();
    }
}
