package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "token",
        mixinStandardHelpOptions = true,
        description = "Makes tokens that let machines enrol.",
        subcommands = {TokenCommand.Create.class, CommandLine.HelpCommand.class})
final class TokenCommand {
    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = {
                "Makes a one-time token for one machine. Works while the appliance runs.",
                "The token carries the fingerprint of this appliance's authority, so that the machine knows it is"
                        + " talking to the right one."
            })
    static final class Create implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Option(
                names = "--valid",
                paramLabel = "MINUTES",
                defaultValue = "1440",
                description = "Minutes until the token expires; default ${DEFAULT-VALUE}.")
        private long minutes;

        @Option(
                names = "--node",
                paramLabel = "NAME",
                description =
                        "Give this existing node a new certificate, for instance after the machine was reinstalled."
                                + " Its old certificate ends when the token is used.")
        private @Nullable String node;

        @Option(names = "--json", description = "Print JSON with token, caFingerprint and expires.")
        private boolean json;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            var out = Objects.requireNonNull(spec).commandLine().getOut();
            DataDirectory directory = data.open();
            String fingerprint = Authority.fingerprint(Authority.loadCertificate(directory.keys()));
            Authority.Token made = Authority.newToken(fingerprint);
            String token = made.text();
            Duration validity = Duration.ofMinutes(minutes);
            try (ControlDb control = new ControlDb(directory.controlDb())) {
                Integer id = null;
                if (node != null) {
                    var existing = control.nodes().findByName(node);
                    if (existing.isEmpty()) {
                        throw new Failure.NotFoundException(
                                "there is no node '" + node + "'; see: " + control.command("node", "list"));
                    }
                    id = existing.get().id();
                }
                control.tokens().add(made.secret(), validity, id);
                control.audit().append("administrator", "token create", node == null ? "" : node, "allowed");
            }
            Instant expires = Instant.now().plus(validity);
            if (json) {
                Map<String, Object> result = new LinkedHashMap<>();
                result.put("token", token);
                result.put("caFingerprint", fingerprint);
                result.put("expires", expires);
                Output.json(out, result);
            } else {
                out.println(token);
                out.println();
                out.println("Good for one machine until " + Output.time(expires) + ". On that machine:");
                out.println(
                        "  " + TypedCommand.elsewhere("enroll", "https://" + listening(directory), "--token", token));
            }
            return ExitCode.OK;
        }

        private static String listening(DataDirectory directory) throws IOException {
            Path run = directory.root().resolve("run.json");
            if (!directory.inUse() || !Files.exists(run)) {
                return "APPLIANCE:8807";
            }
            JsonNode json = new ObjectMapper().readTree(run.toFile());
            return Output.authority(
                    json.path("host").asText(), json.path("port").asInt());
        }
    }
}
