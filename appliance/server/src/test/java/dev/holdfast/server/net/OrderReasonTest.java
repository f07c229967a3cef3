package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.Task;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import dev.holdfast.protocol.wire.Message;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the reasons that clients send, over real connections. */
class OrderReasonTest {
    private static final int ATTEND = 1000;
    private static final String TEXT = "script dump ended with exit code 3";
    private static final Phrase FAILED =
            Phrase.of("client.script-failed").with("script", "dump").with("code", 3);

    @TempDir
    Path dir;

    private TestAppliance appliance;
    private TestAppliance.TestNode mail;
    private TestAppliance.Connection service;

    @BeforeEach
    void open() throws Exception {
        appliance = new TestAppliance(
                dir.resolve("data"), Deadlines.STANDARD, System::nanoTime, TestAppliance.Setup.STANDARD);
        mail = appliance.enrol("mail");
        service = mail.connect();
        service.send(ATTEND, new Message.Attend(List.of()));
    }

    @AfterEach
    void close() throws Exception {
        service.close();
        appliance.close();
    }

    /** An order that the client ends like this. */
    private Task ended(Message.Outcome outcome, String result, String reason) throws Exception {
        long id = Orders.verify(appliance.control, mail.id, new UUID(1, 2), "ann");
        appliance.await(mail.id, true);
        appliance.dispatcher.look();
        service.read(ATTEND);
        service.ask(new Message.Ended(id, outcome, result, reason), Message.Done.class);
        return appliance.control.tasks().find(id).orElseThrow();
    }

    private static String withReason(String json) {
        return "{\"files\":7,\"reason\":" + json + "}";
    }

    @Test
    void phraseIsKeptWithItsEnglishText() throws Exception {
        for (Message.Outcome outcome : Message.Outcome.values()) {
            Task task = ended(outcome, withReason(PhraseJson.write(FAILED)), "something else");
            assertThat(task.phrase()).isEqualTo(FAILED);
            assertThat(task.reason()).isEqualTo(TEXT);
            assertThat(task.result()).isEqualTo("{\"files\":7}");
        }
    }

    @Test
    void textStandsForWhatIsNoPhraseOfThisRelease() throws Exception {
        String flood = "{\"code\":\"client.forbidden\",\"args\":{\"reason\":\"" + "x".repeat(5000) + "\"}}";
        String swelling = PhraseJson.write(Phrase.of("task.refused")
                .with("reasons", Collections.nCopies(80, Phrase.of("client.target-replaced"))));
        assertThat(swelling.length()).isLessThan(4000);
        for (String sent : List.of(
                "7",
                "null",
                "\"text\"",
                "[]",
                "{\"code\":\"client.script-failed\"}",
                "{\"code\":\"client.script-failed\",\"args\":{\"script\":\"dump\"}}",
                "{\"code\":\"client.script-failed\",\"args\":{\"script\":[],\"code\":3}}",
                "{\"code\":\"client.of-a-later-release\",\"args\":{\"script\":\"dump\"}}",
                flood,
                swelling)) {
            Task task = ended(Message.Outcome.FAILED, withReason(sent), TEXT);
            assertThat(task.state()).isEqualTo(TaskState.FAILED);
            assertThat(task.phrase()).as(sent).isEqualTo(Phrase.plain(TEXT));
            assertThat(task.reason()).isEqualTo(TEXT);
            assertThat(task.result()).isEqualTo("{\"files\":7}");
        }
        for (String result : List.of("", "{", "[" + "[".repeat(5000), withReason("\"" + "x".repeat(200_000) + "\""))) {
            Task task = ended(Message.Outcome.FAILED, result, TEXT);
            assertThat(task.phrase()).isEqualTo(Phrase.plain(TEXT));
            assertThat(task.reason()).isEqualTo(TEXT);
            assertThat(task.result()).isEqualTo("{}");
        }
        Task old = ended(Message.Outcome.FAILED, "{\"files\":7}", "x".repeat(2000));
        assertThat(old.reason()).isEqualTo("x".repeat(1000));
        assertThat(old.result()).isEqualTo("{\"files\":7}");
    }

    /** The console gives all parameters to its library for translation, which takes some of them for options. */
    @Test
    void parametersThatTheTextDoesNotHaveAreDropped() throws Exception {
        Phrase more = FAILED.with("returnDetails", 1).with("interpolation", Phrase.plain("x"));
        assertThat(ended(Message.Outcome.FAILED, withReason(PhraseJson.write(more)), TEXT)
                        .phrase())
                .isEqualTo(FAILED);
    }
}
