package dev.holdfast.control.report;

import dev.holdfast.control.report.Report.Attention;
import dev.holdfast.control.report.ReportSheet.Part;
import dev.holdfast.control.report.ReportSheet.Row;
import dev.holdfast.control.report.ReportSheet.Tone;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.phrase.Phrase;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A report as a mail.
 *
 * @param html and {@code text} say the same
 */
public record ReportLetter(String subject, String html, String text) {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT);

    /**
     * Writes it.
     *
     * @param console where the console is, without a slash at the end; empty for no links
     */
    public static ReportLetter of(Report report, ReportWords words, String console) {
        ReportSheet sheet = new Writer(report, words, console).sheet();
        return new ReportLetter(sheet.subject(), ReportHtml.of(sheet), ReportText.of(sheet));
    }

    private record Writer(Report report, ReportWords words, String console) {
        ReportSheet sheet() {
            String verdict = words.verdict(report.verdict());
            boolean bad = report.attention().stream().anyMatch(Attention::alert);
            boolean good = report.attention().isEmpty() && report.verdict().machines() > 0;
            return new ReportSheet(
                    words.tag(),
                    "[Holdfast " + report.appliance() + "] " + verdict,
                    bad ? Tone.ALERT : good ? Tone.GOOD : Tone.WARNING,
                    verdict,
                    words.say(Phrase.of("report.time-of")
                            .with("from", time(report.from()))
                            .with("until", time(report.until()))),
                    link("/"),
                    words.say(Phrase.of("report.open-console")),
                    words.say(Phrase.of("report.show-more")),
                    List.of(attention(), backups(), data(), storage(), vaults(), drills(), damage()),
                    words.say(Phrase.of("report.foot")
                            .with("appliance", report.appliance())
                            .with("zone", report.zone())));
        }

        private String link(String path) {
            return console.isEmpty() ? "" : console + path;
        }

        private String time(Instant moment) {
            return TIME.format(moment.atZone(ZoneId.of(report.zone())));
        }

        private static Phrase age(Duration age) {
            if (age.toDays() >= 2) {
                return Phrase.of("report.days").with("count", age.toDays());
            }
            return age.toHours() >= 2
                    ? Phrase.of("report.hours").with("count", age.toHours())
                    : Phrase.of("report.minutes").with("count", Math.max(0, age.toMinutes()));
        }

        private Part attention() {
            List<Row> rows = new ArrayList<>();
            for (Attention each : report.attention()) {
                Instant since = each.since();
                String cause = words.say(words.cause(each));
                String when = since == null
                        ? ""
                        : words.say(Phrase.of("report.since")
                                .with("time", time(since))
                                .with("age", age(Duration.between(since, report.until()))));
                rows.add(new Row(
                        each.alert() ? Tone.ALERT : Tone.WARNING,
                        words.say(words.title(each)),
                        cause.isEmpty() || when.isEmpty() ? cause + when : cause + " · " + when,
                        link(path(each))));
            }
            if (report.more() > 0) {
                rows.add(new Row(
                        Tone.WARNING, words.say(Phrase.of("report.more").with("count", report.more())), "", link("/")));
            }
            return new Part(
                    words.say(Phrase.of("report.attention")), rows, words.say(Phrase.of("report.no-attention")));
        }

        /** Where the console tells more. */
        private static String path(Attention of) {
            String node = URLEncoder.encode(of.node(), StandardCharsets.UTF_8).replace("+", "%20");
            return switch (of.kind()) {
                case "damaged" -> "/damage";
                case "failing", "incomplete" -> "/tasks/" + of.task();
                case "suspended", "overdue", "never-backed-up", "no-plan" -> "/nodes/" + node;
                case "retention-paused" -> "/attack?node=" + node;
                case "no-vault", "vault-error" -> "/vaults";
                case "nearly-full", "almost-full", "full" -> "/storage";
                default -> "/events";
            };
        }

        private Part backups() {
            Report.Runs runs = report.runs();
            return part(
                    Phrase.of("report.backups"),
                    row(Tone.NONE, Phrase.of("report.succeeded"), Long.toString(runs.done())),
                    row(warning(runs.warned()), Phrase.of("report.warned"), Long.toString(runs.warned())),
                    row(alert(runs.failed()), Phrase.of("report.failed"), Long.toString(runs.failed())));
        }

        private Part data() {
            Report.Moved moved = report.moved();
            return part(
                    Phrase.of("report.data"),
                    row(Tone.NONE, Phrase.of("report.content"), ByteText.of(moved.content())),
                    row(Tone.NONE, Phrase.of("report.received"), ByteText.of(moved.received())),
                    row(Tone.NONE, Phrase.of("report.growth"), growth(moved.growth())));
        }

        private String growth(@Nullable Long bytes) {
            if (bytes == null) {
                return words.say(Phrase.of("report.not-known"));
            }
            return bytes < 0 ? "-" + ByteText.of(-bytes) : ByteText.of(bytes);
        }

        private Part storage() {
            Report.Stored stored = report.storage();
            Instant full = stored.fullAt();
            return part(
                    Phrase.of("report.storage"),
                    row(
                            Tone.NONE,
                            Phrase.of("report.storage"),
                            words.say(Phrase.of("report.used")
                                    .with("used", stored.used())
                                    .with("capacity", stored.capacity()))),
                    row(
                            Tone.NONE,
                            Phrase.of("report.full-in"),
                            full == null
                                    ? words.say(Phrase.of("report.not-predictable"))
                                    : words.say(Phrase.of("report.full-at")
                                            .with("age", age(Duration.between(report.until(), full)))
                                            .with("time", time(full)))));
        }

        private Part vaults() {
            List<Row> rows = new ArrayList<>();
            for (Report.Vault each : report.vaults()) {
                Instant last = each.lastSuccess();
                Phrase told =
                        each.behind() == 0 ? Phrase.of("report.vault-complete") : Phrase.of("report.vault-behind");
                told = told.with("last", last == null ? Phrase.of("report.never") : Phrase.plain(time(last)))
                        .with("count", each.behind())
                        .with("bytes", each.backlogBytes());
                Phrase error = each.error();
                rows.add(new Row(
                        error == null ? Tone.NONE : Tone.ALERT,
                        each.name(),
                        words.say(
                                error == null
                                        ? told
                                        : Phrase.of("report.vault-failing")
                                                .with("state", told)
                                                .with("error", words.cut(error))),
                        link("/vaults")));
            }
            return new Part(words.say(Phrase.of("report.vaults")), rows, words.say(Phrase.of("report.no-vault")));
        }

        private Part drills() {
            Report.Drills drills = report.drills();
            return part(
                    Phrase.of("report.drills"),
                    row(Tone.NONE, Phrase.of("report.passed"), Integer.toString(drills.passed())),
                    row(alert(drills.failed()), Phrase.of("report.failed"), Integer.toString(drills.failed())),
                    row(
                            warning(drills.without()),
                            Phrase.of("report.without-drill"),
                            Integer.toString(drills.without())));
        }

        private Part damage() {
            Report.Damage damage = report.damage();
            List<Row> rows = new ArrayList<>();
            if (damage.files() > 0) {
                rows.add(new Row(
                        Tone.ALERT,
                        words.say(Phrase.of("report.files")),
                        words.say(Phrase.of("report.files-in")
                                .with("files", damage.files())
                                .with("count", damage.snapshots())),
                        link("/damage")));
            }
            if (damage.namesLost()) {
                rows.add(new Row(Tone.ALERT, words.say(Phrase.of("report.names-lost")), "", link("/damage")));
            }
            return new Part(words.say(Phrase.of("report.damage")), rows, words.say(Phrase.of("report.no-damage")));
        }

        private Part part(Phrase heading, Row... rows) {
            return new Part(words.say(heading), List.of(rows), "");
        }

        private Row row(Tone tone, Phrase label, String text) {
            return new Row(tone, words.say(label), text, "");
        }

        private static Tone alert(long count) {
            return count > 0 ? Tone.ALERT : Tone.NONE;
        }

        private static Tone warning(long count) {
            return count > 0 ? Tone.WARNING : Tone.NONE;
        }
    }
}
