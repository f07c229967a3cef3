package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "boot",
        mixinStandardHelpOptions = true,
        description = {
            "Boots a snapshot that was made with --image or --vm, in a machine of QEMU on the appliance. The machine has no network,"
                    + " and what it writes is deleted. It must show all that is waited for; without any, a prompt for a login on"
                    + " the serial console. A screenshot is taken, and the appliance signs a report.",
            "",
            "  holdfast appliance drill boot 3f2a",
            "  holdfast appliance drill boot 3f2a --wait-for 'web1 login:' --port 443 --memory 2048",
            "  holdfast appliance drill boot 3f2a --guest-agent --script check.sh --bus sata"
        })
final class BootDrillCommand extends ApiCommand {
    private static final String LOGIN = "login";

    @Mixin
    private final OrderOptions orders = new OrderOptions();

    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "Its id, or the beginning of it.")
    private String snapshot = "";

    @Option(
            names = "--wait-for",
            paramLabel = "TEXT",
            description =
                    "Text on the serial console, which the system must use (console=ttyS0); 'login' for a prompt.")
    private @Nullable String text;

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "A TCP port of the machine that must answer; the machine gets its address by DHCP.")
    private @Nullable Integer port;

    @Option(names = "--guest-agent", description = "The guest agent of QEMU in the machine must answer.")
    private boolean agent;

    @Option(
            names = "--script",
            paramLabel = "FILE",
            description = "A script of the shell that the guest agent must run in the machine with success.")
    private @Nullable Path script;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "5 to 7200; default 600.")
    private @Nullable Integer seconds;

    @Option(names = "--memory", paramLabel = "MIB", description = "Memory of the machine, 64 to 16384; default 1024.")
    private @Nullable Integer memory;

    @Option(
            names = "--firmware",
            paramLabel = "FIRMWARE",
            description =
                    "auto, bios or uefi; default auto: what the disks can be started by, else what the machine had.")
    private @Nullable String firmware;

    @Option(
            names = "--bus",
            paramLabel = "BUS",
            description = "virtio or sata: devices that the system has drivers for; default virtio.")
    private @Nullable String bus;

    @Option(names = "--emulate", description = "Run the machine without KVM, where that does not work; much slower.")
    private boolean emulated;

    @Override
    List<String> lists() {
        return List.of("snapshot", "list");
    }

    @Override
    int run(ApiClient api) throws Exception {
        Map<String, Object> wanted = new LinkedHashMap<>();
        wanted.put("snapshot", snapshot);
        wanted.put("text", LOGIN.equals(text) ? "login:" : text);
        wanted.put("port", port);
        wanted.put("agent", agent);
        wanted.put("script", script == null ? null : Files.readString(script));
        wanted.put("seconds", seconds);
        wanted.put("memoryMib", memory);
        wanted.put("firmware", firmware);
        wanted.put("bus", bus);
        wanted.put("emulated", emulated);
        return orders.follow(api, api.post("/drills/boot", wanted), out(), err());
    }

    /** What came of a boot, in one line. */
    static String told(JsonNode measured) {
        if (measured.has("reason")) {
            return measured.path("reason").asText();
        }
        return String.format(
                "booted in %.1f s, first sign of life after %.1f s",
                measured.path("millis").asLong() / 1000.0,
                measured.path("firstSignMillis").asLong() / 1000.0);
    }
}
