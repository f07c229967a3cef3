package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.calendar.Hours;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "set",
        mixinStandardHelpOptions = true,
        description = {
            "Configures a vault: where it is, and when snapshots are uploaded. A running appliance uses a new vault, other credentials and a new policy within seconds.",
            "Credentials are kept encrypted under the appliance's keys; without any, those given before stay.",
            "The command tests the place before it saves anything. All snapshots are uploaded to a new place; in a place that"
                    + " the appliance used before, uploads resume. A vault that an appliance with"
                    + " the same keys left, such as a copy that outlived a recovery, is taken over with all that is in it;"
                    + " another appliance's is refused.",
            "",
            "Where an OSS bucket has retention by object (ObjectWorm) and the credentials may oss:PutObjectRetention, locked"
                    + " snapshots are kept by OSS itself until their locks end; such a bucket has versions, so give it a"
                    + " lifecycle rule that removes old ones."
        })
final class VaultSetCommand extends ApiCommand {
    private static final Pattern RATE = Pattern.compile("(.*?)\\s*=\\s*(\\d+)\\s*(KB|MB)/s", Pattern.CASE_INSENSITIVE);
    private static final Pattern COLDER = Pattern.compile("(\\d{1,5})=(\\w+)");

    @Mixin
    private final CredentialOptions credentials = new CredentialOptions();

    @Mixin
    private final VaultOptions vault = new VaultOptions();

    @Mixin
    private final VaultName name = new VaultName();

    @Parameters(paramLabel = "URL", description = "oss://BUCKET/PREFIX or file:///DIRECTORY.")
    private String url = "";

    @Option(
            names = "--when",
            paramLabel = "W",
            defaultValue = "immediately",
            description = "Whether uploads begin by themselves: immediately (default) or manually.")
    private String when = "";

    @Option(
            names = "--after-hours",
            paramLabel = "N",
            description = "Only snapshots that are so many hours old; default: at once.")
    private int afterHours;

    @Option(
            names = "--node",
            paramLabel = "PATTERN",
            description = "Only snapshots of nodes with such names, for instance 'db-*'; may be given several times.")
    private List<String> nodes = List.of();

    @Option(
            names = "--keep-days",
            paramLabel = "N",
            description = "Snapshots stay in the vault for so many days, whether or not they are forgotten here before."
                    + " The newest of each node, the last with data of each set of sources, and the last"
                    + " from each file system that a source lay on stay longer, as do all while the"
                    + " node's retention is paused. Default: they leave the vault when they are"
                    + " forgotten here.")
    private @Nullable Integer keepDays;

    @Option(
            names = "--window",
            paramLabel = "HOURS",
            description = "Hours in which uploads may begin, for instance '22:00-06:00' or 'sat,sun 00:00-24:00';"
                    + " may be given several times. Default: always.")
    private List<String> windows = List.of();

    @Option(
            names = "--bandwidth",
            paramLabel = "HOURS=RATE",
            description = "Limit during some hours, for instance 'mon-fri 08:00-18:00=500KB/s'; may be given several"
                    + " times, the first that fits counts. Default: no limit.")
    private List<String> bandwidth = List.of();

    @Option(
            names = "--class",
            paramLabel = "C",
            defaultValue = "Standard",
            description = "Storage class of containers: Standard (default), IA, Archive or ColdArchive.")
    private String storageClass = "";

    @Option(
            names = "--colder",
            paramLabel = "DAYS=CLASS",
            description = "Containers that have been in the vault for so many days go to another class, for instance"
                    + " 30=IA; may be given several times. What is needed to find them never does. Containers wait"
                    + " for the least time that OSS charges in a class (IA 30 days, Archive 60, ColdArchive 180);"
                    + " moving on from IA is charged once, as reading is.")
    private List<String> colder = List.of();

    @Option(
            names = "--evict-above",
            paramLabel = "PERCENT",
            defaultValue = "100",
            description = "When the volumes hold more than this share of the capacity, containers that are in the vault"
                    + " leave them, those read longest ago first. Default: never.")
    private int evictAbove;

    @Option(names = "--dry-run", description = "Only try the vault and say what is there.")
    private boolean dryRun;

    @Override
    CredentialOptions credentials() {
        return credentials;
    }

    @Override
    int run(ApiClient api) throws IOException {
        Map<String, Object> wanted = new LinkedHashMap<>();
        wanted.put("address", vault.address(url));
        wanted.put("credentials", url.startsWith("oss:") ? vault.credentials() : null);
        wanted.put("policy", policy());
        wanted.put("dryRun", dryRun);
        JsonNode tried = api.put(ApiClient.path("vaults", name.name), wanted);
        String place = tried.path("url").asText();
        out().println(
                        switch (tried.path("found").asText()) {
                            case "empty" -> "Nothing is there yet: all snapshots are to be uploaded";
                            case "own" ->
                                "It is as this appliance left it, with root " + tried.path("root")
                                        + ": only what is missing is uploaded";
                            default ->
                                "An appliance with the same keys left root " + tried.path("root")
                                        + " there. This appliance takes it over, locks that one out of it, and uploads only what"
                                        + " is missing";
                        });
        if (dryRun) {
            out().println("The vault " + place + " can be reached; nothing was changed");
            return ExitCode.OK;
        }
        out().println("Vault " + place + ", uploads " + when.toLowerCase(Locale.ROOT));
        if (tried.path("running").asBoolean()) {
            out().println("The appliance is running and uses it within seconds; to see that, run vault status");
        }
        return ExitCode.OK;
    }

    /** As the API has it. */
    private Map<String, Object> policy() {
        Map<String, Object> policy = new LinkedHashMap<>();
        policy.put("when", when.toUpperCase(Locale.ROOT));
        policy.put("windows", windows.stream().map(Hours::parse).toList());
        policy.put("bandwidth", bandwidth.stream().map(VaultSetCommand::limit).toList());
        policy.put("leastAgeSeconds", afterHours * 3600L);
        policy.put("nodes", nodes);
        policy.put("keepDays", keepDays);
        policy.put("containerClass", VaultPolicy.storageClass(storageClass));
        policy.put("colder", colder.stream().map(VaultSetCommand::colder).toList());
        policy.put("parallelParts", VaultPolicy.DEFAULT.parallelParts());
        policy.put("evictAbove", evictAbove);
        return policy;
    }

    private static Map<String, Object> colder(String text) {
        Matcher form = COLDER.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("invalid rule '" + text + "'; expected DAYS=CLASS, for instance 30=IA");
        }
        return Map.of("afterDays", Integer.parseInt(form.group(1)), "to", VaultPolicy.storageClass(form.group(2)));
    }

    private static Map<String, Object> limit(String text) {
        Matcher form = RATE.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException(
                    "invalid limit '" + text + "'; expected HOURS=RATE, for instance 08:00-18:00=500KB/s");
        }
        long unit = form.group(3).equalsIgnoreCase("KB") ? 1000 : 1_000_000;
        return Map.of("hours", Hours.parse(form.group(1)), "bytesPerSecond", Long.parseLong(form.group(2)) * unit);
    }
}
