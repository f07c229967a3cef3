package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "vault",
        mixinStandardHelpOptions = true,
        description = {
            "Keeps everything a second time, off-site: in an OSS bucket, or in a directory of a NAS or a disk.",
            "",
            "  holdfast appliance vault set oss://BUCKET/PREFIX --region cn-hangzhou --credentials-file F --data DIR",
            "  holdfast appliance vault set oss://OTHER/PREFIX --name dr --region cn-beijing --node 'db-*' --keep-days 365 ...",
            "  holdfast appliance vault status --data DIR",
            "  holdfast appliance vault check oss://BUCKET/PREFIX --region cn-hangzhou --credentials-file F",
            "",
            "After the loss of the appliance: holdfast appliance recover --help"
        },
        subcommands = {
            VaultSetCommand.class,
            VaultStatusCommand.class,
            VaultCommand.Upload.class,
            VaultCommand.Evict.class,
            VaultThawCommand.class,
            VaultCommand.Unset.class,
            VaultCheckCommand.class,
            CommandLine.HelpCommand.class
        })
final class VaultCommand {
    @Command(
            name = "unset",
            mixinStandardHelpOptions = true,
            description =
                    "Stops uploads to a vault, which keeps its content; uploads resume once the vault is set again."
                            + " A running appliance refuses it where containers lie in that vault alone, since they"
                            + " were evicted: stop it first.")
    static final class Unset extends ApiCommand.Acting {
        @Mixin
        private final VaultName name = new VaultName();

        @Override
        List<String> lists() {
            return List.of("vault", "status");
        }

        @Override
        void act(ApiClient api) throws IOException {
            int alone = api.delete(ApiClient.path("vaults", name.name))
                    .path("alone")
                    .asInt();
            if (alone > 0) {
                err().println("holdfast: " + alone
                        + " containers lie in that vault alone, since they were evicted: what"
                        + " needs them cannot be restored until it is set again");
            }
        }
    }

    @Command(
            name = "upload",
            mixinStandardHelpOptions = true,
            description = "Requests an upload now. Where no appliance runs, it begins at the next start.")
    static final class Upload extends ApiCommand {
        private static final int POLL_MILLIS = 200;
        private static final long TELL_NANOS = 2_000_000_000L;

        @Mixin
        private final VaultName name = new VaultName();

        @Option(names = "--wait", description = "Return when it is done, with exit code 3 where it failed.")
        private boolean wait;

        @Override
        List<String> lists() {
            return List.of("vault", "status");
        }

        @Override
        int run(ApiClient api) throws Exception {
            JsonNode requested = api.post(ApiClient.path("vaults", name.name, "upload"), null);
            if (!requested.path("running").asBoolean()) {
                out().println("The appliance is not running; the upload begins when it starts: " + api.command("run"));
                return wait ? ExitCode.FAILED : ExitCode.OK;
            }
            String progress = ApiClient.path("vaults", name.name, "upload") + "?requested="
                    + requested.path("requested").asLong();
            long told = System.nanoTime();
            while (wait) {
                JsonNode now = api.get(progress);
                if (now.path("done").asBoolean()) {
                    if (!now.path("error").asText().isEmpty()) {
                        throw new IOException(now.path("error").asText());
                    }
                    out().println("The vault is up to date: root "
                            + now.path("root").asLong());
                    return ExitCode.OK;
                }
                if (System.nanoTime() - told >= TELL_NANOS
                        && !now.path("progress").asText().isEmpty()) {
                    told = System.nanoTime();
                    err().println("uploading: " + now.path("progress").asText());
                    err().flush();
                }
                Thread.sleep(POLL_MILLIS);
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "evict",
            mixinStandardHelpOptions = true,
            description = {
                "Frees space on the volumes: containers that are in the vault leave them, those read longest ago first.",
                "They are read from the vault when they are needed, and still deduplicate."
            })
    static final class Evict extends ApiCommand {
        private static final int POLL_MILLIS = 200;

        @Parameters(
                paramLabel = "SIZE",
                description = "How much to free, for instance 500GB; all for everything there.")
        private String size = "";

        @Option(names = "--wait", description = "Return when it is done.")
        private boolean wait;

        @Override
        int run(ApiClient api) throws Exception {
            Map<String, Object> wanted = new LinkedHashMap<>();
            wanted.put("bytes", size.equals("all") ? null : ByteText.parse(size));
            api.requireRunning();
            api.post("/eviction", wanted);
            while (wait) {
                JsonNode now = api.get("/eviction");
                if (now.path("done").asBoolean()) {
                    out().println("Freed " + Output.bytes(now.path("bytes").asLong()));
                    return ExitCode.OK;
                }
                Thread.sleep(POLL_MILLIS);
            }
            return ExitCode.OK;
        }
    }
}
