package dev.holdfast.control.alert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events.Event;
import dev.holdfast.control.db.Events.Severity;
import dev.holdfast.protocol.phrase.Language;
import dev.holdfast.protocol.phrase.Phrase;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.junit.jupiter.api.Test;

/** How an event reads in the language of a channel. */
class AlertTextTest {
    private static final Instant AT = Instant.parse("2026-11-28T16:00:00Z");
    private static final String LOCAL =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss xxx").format(AT.atZone(ZoneId.systemDefault()));

    private static Event overdue(Phrase reason) {
        Phrase phrase = Phrase.of("event.overdue-since-bound")
                .with("plan", Phrase.of("event.plan").with("plan", "nightly"))
                .with("due", AT)
                .with("reason", reason);
        return new Event(7, AT, Severity.ALERT, "overdue", "web1", phrase.english(), phrase, null);
    }

    @Test
    void chineseChannelHasSubjectTextAndTimesInChinese() {
        AlertText text = new AlertText("office", Language.ZH, overdue(Phrase.of("overdue.not-begun")));
        assertThat(text.subject()).isEqualTo("[Holdfast office] 告警：web1 超时未备份");
        assertThat(text.line())
                .startsWith("Holdfast office，告警，超时未备份，节点 web1：")
                .contains("备份计划“nightly”")
                .contains(LOCAL);
        assertThat(text.foot()).startsWith("事件 7，" + LOCAL + "。").contains("appliance events");
        assertThat(text.line().replace("Holdfast office", "")).doesNotContainPattern("[a-z]{4,} [a-z]{3,}");
    }

    @Test
    void englishChannelHasThemInEnglish() {
        AlertText text = new AlertText("office", Language.EN, overdue(Phrase.of("overdue.not-begun")));
        assertThat(text.subject()).isEqualTo("[Holdfast office] ALERT: backup overdue on web1");
        assertThat(text.line())
                .isEqualTo(
                        "Holdfast office, ALERT, backup overdue, node web1: plan nightly has made no snapshot since it"
                                + " was bound, and was due " + LOCAL + ": it has not begun");
    }

    @Test
    void whatHasNoCodeOrIsVeryLongIsToldAllTheSame() {
        Event old = new Event(3, AT, Severity.WARNING, "of-a-later-release", "", "in words", null, null);
        AlertText text = new AlertText("office", Language.ZH, old);
        assertThat(text.subject()).isEqualTo("[Holdfast office] 警告：of-a-later-release");
        assertThat(text.line()).isEqualTo("Holdfast office，警告，of-a-later-release：in words");
        String line = new AlertText("office", Language.ZH, overdue(Phrase.plain("x".repeat(9000)))).line();
        assertThat(line).hasSizeLessThan(2100).endsWith("x…");
    }

    @Test
    void everyKindThatIsRaisedHasWords() {
        for (String kind : EventKinds.DERIVED) {
            assertThat(EventKinds.phrase(kind).isPlain()).as(kind).isFalse();
        }
        assertThat(EventKinds.phrase("hardware-disk").in(Language.ZH, ZoneId.systemDefault()))
                .isEqualTo("硬件");
    }

    @Test
    void settingsFromBeforeThereWasAChoiceAreEnglish() throws Exception {
        assertThat(AlertChannel.parse(
                                "{\"type\":\"webhook\",\"url\":\"https://x.example/\",\"form\":\"JSON\",\"least\":\"INFO\"}")
                        .language())
                .isEqualTo(Language.EN);
        AlertChannel mail =
                AlertChannel.parse("{\"type\":\"mail\",\"host\":\"h\",\"port\":25,\"security\":\"NONE\",\"user\":\"\","
                        + "\"from\":\"a@b.c\",\"to\":[\"a@b.c\"],\"least\":\"INFO\"}");
        assertThat(mail.language()).isEqualTo(Language.EN);
        assertThat(AlertChannel.parse(mail.json())).isEqualTo(mail);
    }
}
