package dev.holdfast.agent.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent in a machine, which may be absent, silent or hostile: the moment comes all the same, and what was frozen is thawed. */
class GuestAgentTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final GuestAgent.Limits SHORT =
            new GuestAgent.Limits(Duration.ofMillis(300), Duration.ofMillis(300));
    private static final GuestAgent.Limits LONG = new GuestAgent.Limits(Duration.ofMinutes(1), Duration.ofMinutes(1));

    @TempDir
    Path dir;

    private final List<String> commands = Collections.synchronizedList(new ArrayList<>());
    private final List<String> warnings = new ArrayList<>();
    private SocketPeer peer;

    /** What the agent says to a command; null for nothing. */
    private interface Answers {
        String to(String command);
    }

    private GuestAgent agent(GuestAgent.Limits limits, Answers answers) throws IOException {
        Path path = dir.resolve("agent");
        peer = new SocketPeer(path, (in, out) -> serve(in, out, answers));
        return new GuestAgent(path, limits, warnings::add, false);
    }

    private void serve(InputStream in, OutputStream out, Answers answers) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next >= 0; next = in.read()) {
            if (next == 0xFF) {
                line.reset();
            } else if (next != '\n') {
                line.write(next);
            } else {
                JsonNode asked = JSON.readTree(line.toByteArray());
                line.reset();
                String command = asked.path("execute").asText();
                commands.add(command);
                String answer = answers.to(command);
                if (answer == null) {
                    continue;
                }
                if (command.equals("guest-sync-delimited")) {
                    // The answer to an earlier program.
                    out.write("{\"return\": 17}\n".getBytes(StandardCharsets.UTF_8));
                    out.write(0xFF);
                    answer =
                            "{\"return\": " + asked.path("arguments").path("id").asInt() + "}";
                }
                out.write((answer + "\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        }
    }

    @AfterEach
    void stop() throws IOException {
        if (peer != null) {
            peer.close();
        }
    }

    @Test
    void fileSystemsAreFrozenForTheMomentOnly() throws Exception {
        GuestAgent agent = agent(LONG, command -> "{\"return\": 3}");
        assertThat(agent.during(() -> commands.add("moment"))).isEqualTo(3);
        assertThat(commands)
                .containsExactly(
                        "guest-sync-delimited",
                        "guest-fsfreeze-freeze",
                        "moment",
                        "guest-sync-delimited",
                        "guest-fsfreeze-thaw");
        assertThat(warnings).isEmpty();
    }

    @Test
    void theyAreThawedIfTheMomentFails() throws Exception {
        GuestAgent agent = agent(LONG, command -> "{\"return\": 3}");
        assertThatThrownBy(() -> agent.during(() -> {
                    throw new IOException("no moment");
                }))
                .hasMessage("no moment");
        assertThat(commands).endsWith("guest-fsfreeze-thaw");
    }

    @Test
    void theyAreThawedIfTheAnswerToTheFreezeDoesNotCome() throws Exception {
        GuestAgent agent = agent(SHORT, command -> command.endsWith("freeze") ? null : "{\"return\": 0}");
        assertThat(agent.during(() -> commands.add("moment"))).isZero();
        assertThat(commands).contains("moment").endsWith("guest-fsfreeze-thaw");
        assertThat(warnings).singleElement().asString().contains("not frozen", "no answer within");
    }

    @Test
    void anAgentThatIsNotThereIsAWarning() throws Exception {
        GuestAgent agent = new GuestAgent(dir.resolve("none"), LONG, warnings::add, false);
        assertThat(agent.during(() -> commands.add("moment"))).isZero();
        assertThat(commands).containsExactly("moment");
        assertThat(warnings).singleElement().asString().contains("not frozen", dir.toString());
    }

    @Test
    void anAgentThatIsSilentIsAWarning() throws Exception {
        GuestAgent agent = agent(SHORT, command -> null);
        assertThat(agent.during(() -> commands.add("moment"))).isZero();
        assertThat(commands).containsExactly("guest-sync-delimited", "moment");
        assertThat(warnings).singleElement().asString().contains("not frozen", "no answer within");
    }

    @Test
    void anAgentThatRefusesIsAWarning() throws Exception {
        GuestAgent agent = agent(LONG, command -> "{\"error\": {\"class\": \"GenericError\", \"desc\": \"disabled\"}}");
        assertThat(agent.during(() -> commands.add("moment"))).isZero();
        assertThat(warnings).singleElement().asString().contains("guest-fsfreeze-freeze: disabled");
        assertThat(commands).containsExactly("guest-sync-delimited", "guest-fsfreeze-freeze", "moment");
    }

    @Test
    void fileSystemsThatMayStillBeFrozenAreTold() throws Exception {
        GuestAgent agent = agent(
                LONG, command -> command.endsWith("thaw") ? "{\"error\": {\"desc\": \"busy\"}}" : "{\"return\": 1}");
        assertThat(agent.during(() -> commands.add("moment"))).isOne();
        assertThat(commands.stream().filter("guest-fsfreeze-thaw"::equals)).hasSize(2);
        assertThat(warnings).singleElement().asString().contains("MAY STILL BE FROZEN", "guest-fsfreeze-thaw");
        assertThat(agent.held()).isTrue();
    }

    @Test
    void aThawIsTriedUntilItSucceeds() throws Exception {
        AtomicBoolean busy = new AtomicBoolean(true);
        GuestAgent agent = agent(
                LONG,
                command -> busy.get() && command.endsWith("thaw")
                        ? "{\"error\": {\"desc\": \"busy\"}}"
                        : "{\"return\": 1}");
        agent.during(() -> {});
        agent.thaw();
        assertThat(agent.held()).isTrue();
        assertThat(warnings).hasSize(1);
        busy.set(false);
        agent.thaw();
        assertThat(agent.held()).isFalse();
        commands.clear();
        agent.thaw();
        assertThat(commands).isEmpty();
    }

    @Test
    void anAgentThatTalksNonsenseIsAWarning() throws Exception {
        Path path = dir.resolve("agent");
        peer = new SocketPeer(path, (in, out) -> {
            while (true) {
                out.write("nonsense\n".getBytes(StandardCharsets.UTF_8));
            }
        });
        GuestAgent agent = new GuestAgent(path, LONG, warnings::add, false);
        assertThat(agent.during(() -> commands.add("moment"))).isZero();
        assertThat(commands).containsExactly("moment");
        assertThat(warnings).singleElement().asString().contains("no JSON object: nonsense");
    }
}
