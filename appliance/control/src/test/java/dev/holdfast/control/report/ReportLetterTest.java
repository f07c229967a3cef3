package dev.holdfast.control.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.health.Health;
import dev.holdfast.control.health.Verdict;
import dev.holdfast.protocol.phrase.Language;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How reports read. */
class ReportLetterTest {
    private static final Instant UNTIL = Instant.parse("2026-11-28T07:00:00Z");
    private static final String EVIL = "<img src=x onerror=alert(1)>\"'&\r\nBcc: x@example.com\u202e";

    private static final ReportWords EN = new ReportWords(Language.EN, ZoneId.of("UTC"));
    private static final ReportWords ZH = new ReportWords(Language.ZH, ZoneId.of("UTC"));

    private static Report report(Verdict verdict, List<Report.Attention> attention) {
        return new Report(
                "office",
                UNTIL.minusSeconds(86_400),
                UNTIL,
                "UTC",
                verdict,
                attention,
                0,
                new Report.Runs(40, 2, 1),
                new Report.Moved(5_000_000_000L, 70_000_000, 60_000_000L),
                new Report.Stored(1_000_000_000, 4_000_000_000L, UNTIL.plusSeconds(86_400L * 90)),
                List.of(new Report.Vault(
                        "cloud", UNTIL.minusSeconds(3600), 3, 1_000_000, Phrase.of("vault.held-back"))),
                new Report.Drills(2, 0, 1),
                new Report.Damage(0, 0, false));
    }

    private static Report.Attention failing(String node, Phrase text) {
        return new Report.Attention(
                "failing", true, node, "", "3", text.english(), text, "nightly", 17, UNTIL.minusSeconds(3 * 86_400));
    }

    @Test
    void bothFormsHaveTheVerdictAndWhatNeedsAttentionWithItsCauseAndAge() {
        Report report = report(
                new Verdict(6, 1, 0, Health.FAILING),
                List.of(failing("db1", Phrase.plain("script dump ended with 3"))));
        ReportLetter letter = ReportLetter.of(report, EN, "https://backup.example.com:8809");
        assertThat(letter.subject()).isEqualTo("[Holdfast office] 1 of 6 machines needs attention");
        assertThat(letter.text())
                .contains("1 of 6 machines needs attention\nReport from 2026-11-27 07:00 to 2026-11-28 07:00\n")
                .contains("!! db1: plan nightly fails: script dump ended with 3 (failed runs in a row: 3)"
                        + " · since 2026-11-25 07:00 (3 days)\n  https://backup.example.com:8809/tasks/17\n")
                .contains("- Succeeded: 40\n! Succeeded with warnings: 2\n!! Failed: 1\n")
                .contains(
                        "- Backed up: 5.00 GB\n- Sent by the machines: 70.0 MB\n- Growth of the storage used: 60.0 MB\n")
                .contains("- Full in: 90 days (2027-02-26 07:00)")
                .contains("!! cloud: last upload 2026-11-28 06:00; snapshots behind: 3 (1.00 MB). held back by the"
                        + " bandwidth schedule")
                .contains("! Machines without a restore test that passed: 1")
                .contains("No damage found");
        assertThat(letter.html())
                .contains(">1 of 6 machines needs attention</font>")
                .contains(">db1: plan nightly fails</font>")
                .contains("href=\"https://backup.example.com:8809/tasks/17\"")
                .contains("lang=\"en\"")
                // The content security policy of the console forbids both.
                .doesNotContain("style=")
                .doesNotContain("<script");
    }

    @Test
    void nothingFromAnotherMachineIsMarkupOrALineOfItsOwn() {
        Report report = report(new Verdict(1, 1, 0, Health.FAILING), List.of(failing(EVIL, Phrase.plain(EVIL))));
        ReportLetter letter = ReportLetter.of(report, EN, "https://backup.example.com");
        assertThat(letter.html())
                .doesNotContain("<img")
                .contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;")
                .doesNotContain("\u202e");
        assertThat(letter.text().lines()).noneMatch(line -> line.startsWith("Bcc"));
        assertThat(letter.text()).doesNotContain("\u202e");
        assertThat(letter.subject()).isEqualTo("[Holdfast office] The machine needs attention");
    }

    @Test
    void gapsOfATextAreFilledOnce() {
        assertThat(EN.say(Phrase.of("report.failing").with("node", "{{plan}}").with("plan", "{{node}}")))
                .isEqualTo("{{plan}}: plan {{node}} fails");
    }

    @Test
    void withoutAnAddressOfTheConsoleThereAreNoLinks() {
        Report report = report(new Verdict(1, 1, 0, Health.FAILING), List.of(failing("db1", Phrase.plain(""))));
        ReportLetter letter = ReportLetter.of(report, EN, "");
        assertThat(letter.html()).doesNotContain("href");
        assertThat(letter.text()).doesNotContain("://");
    }

    @Test
    void chineseReportsAreChinese() throws IOException {
        Report report = report(
                new Verdict(6, 2, 1, Health.FAILING), List.of(failing("db1", Phrase.of("task.appliance-stopped"))));
        ReportLetter letter = ReportLetter.of(report, ZH, "");
        assertThat(letter.subject()).isEqualTo("[Holdfast office] 6 台机器中有 2 台需要关注。一体机需要关注");
        assertThat(letter.text())
                .contains("db1：备份计划 nightly 执行失败：一体机已停止（连续失败 3 次） · 自 2026-11-25 07:00 起（3 天）")
                .contains("cloud：最近一次上传 2026-11-28 06:00；待上传快照：3 个（1.00 MB）。受带宽时间表限制，正在等待")
                .contains("恢复演练");
        assertThat(letter.html()).contains("lang=\"zh-CN\"");
        assertThat(letter.text().lines().filter(line -> line.matches(".*[a-z]{4,} [a-z]{3,}.*")))
                .isEmpty();
    }

    /** What the console and the report say of the same must read alike. */
    @Test
    void wordsAreThoseOfTheConsole() throws IOException {
        Path console = Path.of("../../web/src/i18n/zh");
        String texts = Files.readString(console.resolve("health.ts")) + Files.readString(console.resolve("reports.ts"));
        for (Verdict each : List.of(
                new Verdict(0, 0, 0, Health.PROTECTED),
                new Verdict(7, 0, 0, Health.PROTECTED),
                new Verdict(7, 3, 0, Health.FAILING),
                new Verdict(1, 1, 0, Health.FAILING))) {
            assertThat(texts.replace("{{count}}", each.attention() > 0 ? "3" : "7")
                            .replace("{{machines}}", "7"))
                    .contains("'" + ZH.verdict(each) + "'");
        }
        for (String kind : List.of(
                "damaged",
                "failing",
                "suspended",
                "overdue",
                "never-backed-up",
                "no-plan",
                "retention-paused",
                "incomplete",
                "no-vault",
                "vault-error",
                "nearly-full",
                "almost-full",
                "full")) {
            Report.Attention of =
                    new Report.Attention(kind, true, "{{node}}", "", "{{name}}", "", null, "{{plan}}", 0, null);
            assertThat(texts).contains("'" + ZH.say(ZH.title(of)) + "'");
        }
    }
}
