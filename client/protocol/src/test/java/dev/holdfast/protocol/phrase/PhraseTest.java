package dev.holdfast.protocol.phrase;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PhraseTest {
    private static final Phrase REPEATED = Phrase.of("event.repeated")
            .with("message", Phrase.of("task.cancelled"))
            .with("count", 2)
            .with("at", Instant.parse("2026-11-28T16:00:00.123Z"));

    @Test
    void hasAnEnglishText() {
        assertThat(REPEATED.english())
                .isEqualTo("it was cancelled (and 2 more like it, the last at 2026-11-28T16:00:00Z)");
        assertThat(REPEATED.with("count", 1).english())
                .isEqualTo("it was cancelled (and 1 more like it, at 2026-11-28T16:00:00Z)");
        assertThat(REPEATED.with("message", "a script said {{no}} $1").english())
                .startsWith("a script said {{no}} $1");
    }

    @Test
    void hasAChineseText() {
        ZoneId zone = ZoneId.of("Asia/Shanghai");
        assertThat(REPEATED.in(Language.ZH, zone)).isEqualTo("已取消（另有 2 个类似事件，最近一次：2026-11-29 00:00:00 +08:00）");
        assertThat(REPEATED.in(Language.EN, zone))
                .isEqualTo("it was cancelled (and 2 more like it, the last at 2026-11-29 00:00:00 +08:00)");
        assertThat(Phrase.of("room.forecast")
                        .with("count", 3)
                        .with("day", Instant.parse("2026-11-28T16:00:00Z"))
                        .in(Language.ZH, zone))
                .contains("2026-11-29");
        assertThat(Phrase.of("snapshot.kept")
                        .with("reasons", List.of(Phrase.of("task.cancelled"), Phrase.plain("x")))
                        .in(Language.ZH, zone))
                .contains("已取消；x");
    }

    @Test
    void survivesItsJson() {
        assertThat(PhraseJson.read(PhraseJson.write(REPEATED))).contains(REPEATED);
    }

    @Test
    void whatIsNoKnownPhraseIsNotRead() {
        String deep = "\"x\"";
        for (int i = 0; i < 20; i++) {
            deep = "{\"code\":\"plain\",\"args\":{\"text\":" + deep + "}}";
        }
        for (String json : List.of(
                "",
                "{",
                "7",
                "null",
                "[]",
                "{\"code\":\"plain\"}",
                "{\"code\":\"plain\",\"args\":{}}",
                "{\"code\":\"room.forecast\",\"args\":{\"count\":2,\"day\":\"soon\"}}",
                "{\"code\":\"room.forecast\",\"args\":{\"count\":2,\"day\":\"+12345-01-01T00:00:00Z\"}}",
                "{\"code\":\"room.forecast\",\"args\":{\"count\":\"2\",\"day\":\"2026-11-28T16:00:00Z\"}}",
                "{\"code\":\"of.a-later-release\",\"args\":{}}",
                "{\"code\":\"plain\",\"args\":{\"text\":1.5}}",
                "{\"code\":\"plain\",\"args\":{\"text\":null}}",
                "{\"code\":\"plain\",\"args\":{\"t<b>\":\"x\"}}",
                "{\"code\":\"plain\",\"args\":{\"text\":[]}}",
                "{\"code\":\"plain\",\"args\":{\"text\":{\"code\":\"unknown\",\"args\":{}}}}",
                "{\"code\":\"plain\",\"args\":{\"text\":\"" + "x".repeat(20_000) + "\"}}",
                deep)) {
            assertThat(PhraseJson.read(json)).as(json).isEmpty();
        }
        assertThat(PhraseJson.read(null)).isEmpty();
    }

    /** The console gives all parameters to its library for translation, which takes some of them for options. */
    @Test
    void parametersThatTheTextDoesNotHaveAreDropped() {
        assertThat(PhraseJson.read(
                        "{\"code\":\"plain\",\"args\":{\"text\":\"x\",\"returnDetails\":1,\"lng\":{\"code\":\"no\"}}}"))
                .contains(Phrase.plain("x"));
    }

    @Test
    void whyOfAnExceptionIsItsPhraseOrItsMessage() {
        Phrase cancelled = Phrase.of("task.cancelled");
        assertThat(Phrase.of("plain")
                        .with("text", new PhrasedException(cancelled))
                        .args())
                .isEqualTo(Map.of("text", cancelled));
        assertThat(Phrase.of("plain")
                        .with("text", new java.io.IOException("no route"))
                        .english())
                .isEqualTo("no route");
    }
}
