package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.vault.oss.OssLocation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Commands that the console tells people to run, in all languages: the product takes them as they stand there. */
class ConsoleCommandsTest {
    /** What programmers are told, and where a text begins and ends. */
    private static final String NO_TEXT = "(?s:/\\*.*?\\*/)|(?m:^\\s*//.*$)|[<>`{}\"']";

    private static List<Path> sources() throws Exception {
        try (Stream<Path> files = Files.walk(Path.of("../../web/src"))) {
            return files.filter(each -> each.toString().matches(".*\\.tsx?"))
                    .filter(each -> !each.endsWith("schema.d.ts"))
                    .toList();
        }
    }

    private static List<String> commands(Path source) throws Exception {
        String text = Files.readString(source)
                .replaceAll(NO_TEXT, "\n")
                .replace("holdfast-appliance ", "holdfast appliance ");
        List<String> commands = new ArrayList<>();
        for (String line : text.split("\n")) {
            commands.addAll(PrintedCommands.in(line));
        }
        return commands;
    }

    @Test
    void everyCommandInTheConsolesTextsIsOne() throws Exception {
        TreeSet<String> found = new TreeSet<>();
        for (Path each : sources()) {
            for (String command : commands(each)) {
                PrintedCommands.mustParse(command);
                found.add(command);
            }
        }
        assertThat(found)
                .contains(
                        "holdfast service",
                        "holdfast appliance key rotate --data DIR",
                        "holdfast appliance user add NAME --role administrator --password-file F --data DIR");
    }

    @Test
    void theRecoverySheetsCommandsAreCommands() throws Exception {
        for (OssLocation.Network network : OssLocation.Network.values()) {
            for (OssLocation.Addressing addressing : OssLocation.Addressing.values()) {
                OssLocation bucket = new OssLocation(
                        "backups",
                        "office",
                        "cn-hangzhou",
                        "https://oss.example.com",
                        network,
                        addressing,
                        "http://proxy.example.com:3128");
                mustParse(new VaultSettings(null, bucket, VaultPolicy.READ_ONLY));
            }
        }
        mustParse(new VaultSettings("/mnt/it's a vault", null, VaultPolicy.READ_ONLY));
    }

    private static void mustParse(VaultSettings settings) throws Exception {
        List<String> words = settings.recoverCommand();
        PrintedCommands.mustParse(TypedCommand.applianceElsewhere(words.toArray(String[]::new)));
        assertThat(words).contains(settings.url(), "--recovery-key-file", "--data");
    }
}
