package dev.holdfast.control.report;

import dev.holdfast.control.report.Report.Attention;
import dev.holdfast.control.report.ReportSheet.Part;
import dev.holdfast.control.report.ReportSheet.Row;
import dev.holdfast.control.report.ReportSheet.Tone;
import dev.holdfast.protocol.cli.ByteText;
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
                    words.language(),
                    "[Holdfast " + report.appliance() + "] " + verdict,
                    bad ? Tone.ALERT : good ? Tone.GOOD : Tone.WARNING,
                    verdict,
                    words.say("Report from {0} to {1}", time(report.from()), time(report.until())),
                    link("/"),
                    words.say("Open console"),
                    words.say("Show more"),
                    List.of(attention(), backups(), data(), storage(), vaults(), drills(), damage()),
                    words.say(
                            "Sent by appliance {0} by its schedule of reports. Times are in {1}.",
                            report.appliance(), report.zone()));
        }

        private String link(String path) {
            return console.isEmpty() ? "" : console + path;
        }

        private String time(Instant moment) {
            return TIME.format(moment.atZone(ZoneId.of(report.zone())));
        }

        private String age(Duration age) {
            if (age.toDays() >= 2) {
                return words.say("{0} days", age.toDays());
            }
            return age.toHours() >= 2
                    ? words.say("{0} hours", age.toHours())
                    : words.say("{0} minutes", Math.max(0, age.toMinutes()));
        }

        private Part attention() {
            List<Row> rows = new ArrayList<>();
            for (Attention each : report.attention()) {
                Instant since = each.since();
                String cause = words.cause(each);
                String when = since == null
                        ? ""
                        : words.say("since {0}", time(since)) + " (" + age(Duration.between(since, report.until()))
                                + ")";
                rows.add(new Row(
                        each.alert() ? Tone.ALERT : Tone.WARNING,
                        words.title(each),
                        cause.isEmpty() || when.isEmpty() ? cause + when : cause + " · " + when,
                        link(path(each))));
            }
            if (report.more() > 0) {
                rows.add(new Row(Tone.WARNING, words.say("and {0} more", report.more()), "", link("/")));
            }
            return new Part(words.say("Needs attention"), rows, words.say("Nothing needs attention"));
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
                    "Backups",
                    row(Tone.NONE, "Succeeded", Long.toString(runs.done())),
                    row(warning(runs.warned()), "Succeeded with warnings", Long.toString(runs.warned())),
                    row(alert(runs.failed()), "Failed", Long.toString(runs.failed())));
        }

        private Part data() {
            Report.Moved moved = report.moved();
            return part(
                    "Data",
                    row(Tone.NONE, "Backed up", ByteText.of(moved.content())),
                    row(Tone.NONE, "Sent by the machines", ByteText.of(moved.received())),
                    row(Tone.NONE, "Growth of the storage used", growth(moved.growth())));
        }

        private String growth(@Nullable Long bytes) {
            if (bytes == null) {
                return words.say("not known");
            }
            return bytes < 0 ? "-" + ByteText.of(-bytes) : ByteText.of(bytes);
        }

        private Part storage() {
            Report.Stored stored = report.storage();
            Instant full = stored.fullAt();
            return part(
                    "Storage used",
                    row(
                            Tone.NONE,
                            "Storage used",
                            words.say("{0} of {1}", ByteText.of(stored.used()), ByteText.of(stored.capacity()))),
                    row(
                            Tone.NONE,
                            "Full in",
                            full == null
                                    ? words.say("not predictable")
                                    : age(Duration.between(report.until(), full)) + " (" + time(full) + ")"));
        }

        private Part vaults() {
            List<Row> rows = new ArrayList<>();
            for (Report.Vault each : report.vaults()) {
                Instant last = each.lastSuccess();
                String when = last == null ? words.say("never") : time(last);
                String told = each.behind() == 0
                        ? words.say("last upload {0}; complete", when)
                        : words.say(
                                "last upload {0}; snapshots behind: {1} ({2})",
                                when, each.behind(), ByteText.of(each.backlogBytes()));
                boolean failed = !each.error().isEmpty();
                rows.add(new Row(
                        failed ? Tone.ALERT : Tone.NONE,
                        each.name(),
                        failed ? told + ". " + each.error() : told,
                        link("/vaults")));
            }
            return new Part(words.say("Off-site vaults"), rows, words.say("No vault is configured"));
        }

        private Part drills() {
            Report.Drills drills = report.drills();
            return part(
                    "Restore tests",
                    row(Tone.NONE, "Passed", Integer.toString(drills.passed())),
                    row(alert(drills.failed()), "Failed", Integer.toString(drills.failed())),
                    row(
                            warning(drills.without()),
                            "Machines without a restore test that passed",
                            Integer.toString(drills.without())));
        }

        private Part damage() {
            Report.Damage damage = report.damage();
            List<Row> rows = new ArrayList<>();
            if (damage.files() > 0) {
                rows.add(new Row(
                        Tone.ALERT,
                        words.say("Damaged files"),
                        words.say("{0} in {1} snapshots", damage.files(), damage.snapshots()),
                        link("/damage")));
            }
            if (damage.namesLost()) {
                rows.add(new Row(
                        Tone.ALERT,
                        words.say("Further files are damaged; their names are lost."),
                        "",
                        link("/damage")));
            }
            return new Part(words.say("Damage"), rows, words.say("No damage found"));
        }

        private Part part(String heading, Row... rows) {
            return new Part(words.say(heading), List.of(rows), "");
        }

        private Row row(Tone tone, String label, String text) {
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
