package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.calendar.Hours;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.vault.Prices;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultSetup;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.server.vault.Frozen;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.RecoveryKey;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.check.VaultRepair;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.recover.VaultRecovery;
import dev.holdfast.vault.remote.Thaw;
import dev.holdfast.vault.upload.VaultRefusedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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
            VaultCommand.Set.class,
            VaultStatusCommand.class,
            VaultCommand.Upload.class,
            VaultCommand.Evict.class,
            VaultCommand.ThawSnapshot.class,
            VaultCommand.Unset.class,
            VaultCommand.Check.class,
            CommandLine.HelpCommand.class
        })
final class VaultCommand {
    static Failure.NotFoundException noVault(ControlDb control, String name) throws IOException {
        return new Failure.NotFoundException(
                control.vaults().list().isEmpty()
                        ? "this appliance has no vault; to set one, see: "
                                + TypedCommand.elsewhere("appliance", "vault", "set", "--help")
                        : "this appliance has no vault '" + name + "'; see: " + control.command("vault", "status"));
    }

    @Command(
            name = "set",
            mixinStandardHelpOptions = true,
            description = {
                "Says where the vault is and when it is brought up to date. A new vault counts from the next start of the appliance, a new policy at once.",
                "Credentials are kept encrypted under the appliance's keys; without any, those given before stay.",
                "The place is tried before anything is stored. A place that the appliance has not used before is a new vault, to"
                        + " which everything is uploaded; one that it used goes on where it stood. A vault that an appliance with"
                        + " the same keys left, such as a copy that outlived a recovery, is taken over with all that is in it;"
                        + " another appliance's is refused.",
                "",
                "Where an OSS bucket has retention by object (ObjectWorm) and the credentials may oss:PutObjectRetention, locked"
                        + " snapshots are kept by OSS itself until their locks end; such a bucket has versions, so give it a"
                        + " lifecycle rule that removes old ones."
            })
    static final class Set implements Callable<Integer> {
        private static final Pattern RATE =
                Pattern.compile("(.*?)\\s*=\\s*(\\d+)\\s*(KB|MB)/s", Pattern.CASE_INSENSITIVE);
        private static final Pattern COLDER = Pattern.compile("(\\d{1,5})=(\\w+)");

        @Mixin
        private final DataOption data = new DataOption();

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
                defaultValue = "IMMEDIATELY",
                description = "Whether uploads begin by themselves: immediately (default) or manually.")
        private VaultPolicy.When when = VaultPolicy.When.IMMEDIATELY;

        @Option(
                names = "--after-hours",
                paramLabel = "N",
                description = "Only snapshots that are so many hours old; default: at once.")
        private int afterHours;

        @Option(
                names = "--node",
                paramLabel = "PATTERN",
                description =
                        "Only snapshots of nodes with such names, for instance 'db-*'; may be given several times.")
        private List<String> nodes = List.of();

        @Option(
                names = "--keep-days",
                paramLabel = "N",
                description =
                        "Snapshots stay in the vault for so many days, whether or not they are forgotten here before."
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
                description =
                        "Limit during some hours, for instance 'mon-fri 08:00-18:00=500KB/s'; may be given several"
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
                description =
                        "Containers that have been in the vault for so many days go to another class, for instance"
                                + " 30=IA; may be given several times. What is needed to find them never does. Containers wait"
                                + " for the least time that OSS charges in a class (IA 30 days, Archive 60, ColdArchive 180);"
                                + " moving on from IA is charged once, as reading is.")
        private List<String> colder = List.of();

        @Option(
                names = "--evict-above",
                paramLabel = "PERCENT",
                defaultValue = "100",
                description =
                        "When the volumes hold more than this share of the capacity, containers that are in the vault"
                                + " leave them, those read longest ago first. Default: never.")
        private int evictAbove;

        @Option(names = "--dry-run", description = "Only try the vault and say what is there.")
        private boolean dryRun;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            DataDirectory directory = data.open();
            VaultSettings settings = vault.settings(url, policy());
            VaultSetup.Tried tried;
            try (Credential credential = credentials.read(directory);
                    VaultKeys opened = directory.keyring().unlock(credential);
                    ControlDb control = new ControlDb(directory.controlDb())) {
                tried = new VaultSetup(directory.root(), control, opened, LocalCopies.onVolumes(directory))
                        .set(name.name, settings, settings.oss() == null ? null : vault.credentials(), dryRun);
                if (!dryRun) {
                    control.audit().append("administrator", "vault set", settings.url(), "allowed");
                }
            } catch (VaultRefusedException e) {
                throw new Failure.RefusedException(String.valueOf(e.getMessage()));
            }
            out.println(
                    switch (tried.place()) {
                        case EMPTY -> "Nothing is there yet: all snapshots are to be uploaded";
                        case OWN ->
                            "It is as this appliance left it, with root " + tried.root()
                                    + ": only what is missing is uploaded";
                        case LEFT ->
                            "An appliance with the same keys left root " + tried.root()
                                    + " there. This appliance takes it over at its next start, locks that one out of it, and"
                                    + " uploads only what is missing";
                    });
            if (dryRun) {
                out.println("The vault " + settings.url() + " can be reached; nothing was changed");
                return ExitCode.OK;
            }
            out.println(
                    "Vault " + settings.url() + ", uploads " + when.toString().toLowerCase(java.util.Locale.ROOT));
            if (directory.inUse()) {
                out.println(
                        "The appliance is running: a new policy counts from now on; restart it for a new vault, or for"
                                + " other credentials or another class of new containers");
            }
            return ExitCode.OK;
        }

        private VaultPolicy policy() {
            VaultPolicy policy = new VaultPolicy(
                    when,
                    windows.stream().map(Hours::parse).toList(),
                    bandwidth.stream().map(Set::limit).toList(),
                    afterHours * 3600L,
                    nodes,
                    keepDays,
                    StorageClass.of(storageClass),
                    colder.stream().map(Set::colder).toList(),
                    VaultPolicy.DEFAULT.parallelParts(),
                    evictAbove);
            policy.check(name.name);
            return policy;
        }

        private static VaultPolicy.Colder colder(String text) {
            Matcher form = COLDER.matcher(text);
            if (!form.matches()) {
                throw new IllegalArgumentException("'" + text + "' is no rule; write for instance 30=IA");
            }
            return new VaultPolicy.Colder(Integer.parseInt(form.group(1)), StorageClass.of(form.group(2)));
        }

        private static VaultPolicy.Bandwidth limit(String text) {
            Matcher form = RATE.matcher(text);
            if (!form.matches()) {
                throw new IllegalArgumentException(
                        "'" + text + "' is no limit; write for instance 08:00-18:00=500KB/s");
            }
            long unit = form.group(3).equalsIgnoreCase("KB") ? 1000 : 1_000_000;
            return new VaultPolicy.Bandwidth(Hours.parse(form.group(1)), Long.parseLong(form.group(2)) * unit);
        }
    }

    @Command(
            name = "unset",
            mixinStandardHelpOptions = true,
            description =
                    "Stops uploads to a vault. Its content stays, and uploads resume once the vault is set again.")
    static final class Unset implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Mixin
        private final VaultName name = new VaultName();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            DataDirectory directory = data.open();
            try (AutoCloseable lock = directory.lock();
                    ControlDb control = new ControlDb(directory.controlDb())) {
                Objects.requireNonNull(lock);
                if (name.isFirst() && control.vaults().list().size() > 1) {
                    throw new Failure.RefusedException("there are copies of this vault; unset those first");
                }
                Optional<Integer> alone =
                        VaultSetup.unset(directory.root(), control, name.name, LocalCopies.onVolumes(directory));
                control.audit()
                        .append("administrator", "vault unset", name.name, alone.isPresent() ? "allowed" : "not found");
                if (alone.isEmpty()) {
                    throw noVault(control, name.name);
                }
                if (alone.get() > 0) {
                    Objects.requireNonNull(spec)
                            .commandLine()
                            .getErr()
                            .println("holdfast: " + alone.get() + " containers lie in that vault alone, since they were"
                                    + " evicted: what needs them cannot be restored until it is set again");
                }
            }
            return ExitCode.OK;
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

    @Command(
            name = "thaw",
            mixinStandardHelpOptions = true,
            description = {
                "Makes a snapshot readable whose containers lie in an archive class: says what must thaw, how long it takes and"
                        + " what it costs, asks for it, and waits if told to. With --dry-run it asks for nothing. Only what is no"
                        + " longer on a volume counts. Works while the appliance runs.",
                "Run again, it says how far it is; a restore that met frozen containers is run again afterwards and goes on."
            })
    static final class ThawSnapshot implements Callable<Integer> {
        private static final long FIRST_POLL_MILLIS = 1000;
        private static final long POLL_MILLIS = 15_000;
        private static final int MOST_DAYS = 365;

        @Mixin
        private final DataOption data = new DataOption();

        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Parameters(
                paramLabel = "SNAPSHOT",
                description =
                        "A snapshot's id, the beginning of it, or 'latest'; a path behind a colon is not looked at,"
                                + " since containers thaw as a whole.")
        private String snapshot = "";

        @Option(
                names = "--node",
                paramLabel = "NAME",
                description = "Only snapshots of this node; 'latest' needs it where several nodes have some.")
        private @Nullable String node;

        @Option(
                names = "--days",
                defaultValue = "3",
                description = "How long it stays readable, 1 to 365 days; default ${DEFAULT-VALUE}.")
        private int days;

        @Option(names = "--dry-run", description = "Only say what must thaw.")
        private boolean dryRun;

        @Option(names = "--wait", description = "Return when everything can be read.")
        private boolean wait;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            if (days < 1 || days > MOST_DAYS) {
                throw new IllegalArgumentException("--days is 1 to " + MOST_DAYS + ", as the service allows");
            }
            DataDirectory directory = data.open();
            try (ControlDb control = new ControlDb(directory.controlDb())) {
                if (control.vaults().find(VaultRegistry.FIRST).isEmpty()) {
                    throw noVault(control, VaultRegistry.FIRST);
                }
            }
            try (Credential credential = credentials.read(directory);
                    VaultKeys keys = directory.keyring().unlock(credential);
                    ControlDb control = new ControlDb(directory.controlDb());
                    LocalCopies copies = new LocalCopies(directory);
                    ObjectStore store = VaultRegistry.objects(control, VaultRegistry.FIRST, keys)) {
                VaultRecovery vault = VaultRecovery.rest(store, keys, copies.journal(), out::println);
                ListedSnapshot wanted = wanted(directory, vault.snapshots().values());
                BitSet containers = vault.containersOf(wanted.snapshot().id());
                Thaw thaw = new Thaw(store, copies.journal());
                control.audit()
                        .append(
                                "administrator",
                                "vault thaw",
                                wanted.snapshot().id().toString(),
                                dryRun ? "looked" : "requested");
                // What it costs is said before anything is asked for.
                Thaw.Plan plan = thaw.request(containers, copies::onVolume, 0);
                if (!plan.frozen().isEmpty()) {
                    Frozen frozen = new Frozen();
                    plan.frozen()
                            .forEach((kept, count) ->
                                    frozen.add(kept, count, plan.frozenBytes().getOrDefault(kept, 0L)));
                    out.println("Snapshot " + wanted.snapshot().id().toString().substring(0, 8) + " of "
                            + wanted.snapshot().nodeName() + " needs " + frozen.what()
                            + frozen.cost(
                                    VaultSettings.parse(VaultRegistry.row(control, VaultRegistry.FIRST)
                                            .settings()),
                                    Prices.of(control)));
                    out.println(
                            dryRun
                                    ? "Nothing was asked for; without --dry-run it is thawed for " + days(days)
                                    : "It is asked for, readable for " + days(days) + " from then on");
                    out.flush();
                }
                Thaw.Plan now =
                        dryRun || plan.frozen().isEmpty() ? plan : thaw.request(containers, copies::onVolume, days);
                for (long pause = FIRST_POLL_MILLIS; !now.ready(); pause = Math.min(POLL_MILLIS, 2 * pause)) {
                    if (!dryRun) {
                        int thawing = now.underWay()
                                + now.frozen().values().stream()
                                        .mapToInt(Integer::intValue)
                                        .sum();
                        out.println(thawing + (thawing == 1 ? " container is" : " containers are") + " thawing, "
                                + Output.bytes(now.bytes()));
                        out.flush();
                    }
                    if (!wait || dryRun) {
                        return ExitCode.WARNINGS;
                    }
                    Thread.sleep(pause);
                    now = thaw.request(containers, copies::onVolume, days);
                }
                out.println("Everything that the snapshot needs can be read");
                return ExitCode.OK;
            }
        }

        private static String days(int days) {
            return days == 1 ? "1 day" : days + " days";
        }

        private ListedSnapshot wanted(DataDirectory directory, Collection<ListedSnapshot> all) throws IOException {
            String name = snapshot.contains(":") ? snapshot.substring(0, snapshot.indexOf(':')) : snapshot;
            String see = "; see: " + TypedCommand.appliance(directory.root(), "vault", "status", "--snapshots");
            List<ListedSnapshot> of = all.stream()
                    .filter(each -> node == null || node.equals(each.snapshot().nodeName()))
                    .sorted(Comparator.comparingLong(each -> each.snapshot().committed()))
                    .toList();
            if (name.equals("latest")) {
                if (of.stream()
                                .map(each -> each.snapshot().nodeName())
                                .distinct()
                                .count()
                        > 1) {
                    throw new IllegalArgumentException("'latest' needs --node NAME: the vault has snapshots of "
                            + of.stream()
                                    .map(each -> each.snapshot().nodeName())
                                    .distinct()
                                    .sorted()
                                    .limit(10)
                                    .collect(Collectors.joining(", ")));
                }
                if (!of.isEmpty()) {
                    return of.getLast();
                }
            }
            List<ListedSnapshot> fitting = of.stream()
                    .filter(each ->
                            !name.isEmpty() && each.snapshot().id().toString().startsWith(name))
                    .toList();
            if (fitting.size() > 1) {
                throw new IllegalArgumentException("'" + name + "' fits several snapshots; write more of it" + see);
            }
            if (fitting.isEmpty()) {
                throw new Failure.NotFoundException(
                        "the vault has no snapshot '" + name + "'" + (node == null ? "" : " of " + node) + see);
            }
            return fitting.getFirst();
        }
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = {
                "Verifies every object of a vault, in all its copies, against the hashes that were stored with it.",
                "Needs credentials for the bucket, but no key. With --read-data and the recovery key it decrypts and"
                        + " rehashes every chunk as well. What lies in an archive class is counted and not read.",
                "Reading from class IA is charged by OSS, so what lies there is counted too unless --read-charged is given.",
                "Ends with 7 where something is damaged or missing, with 1 where something frozen or charged was not read."
            })
    static final class Check implements Callable<Integer> {
        @Mixin
        private final VaultOptions vault = new VaultOptions();

        @Parameters(paramLabel = "URL", description = "oss://BUCKET/PREFIX or file:///DIRECTORY.")
        private String url = "";

        @Option(
                names = "--read-charged",
                description =
                        "Read also what lies in class IA of OSS, which charges for it; without, that is only counted, and no"
                                + " copy gives it for a repair.")
        private boolean readCharged;

        @Option(names = "--read-data", description = "Decrypt and rehash too; needs --recovery-key-file.")
        private boolean readData;

        @Option(names = "--recovery-key-file", paramLabel = "F", description = "File with the printed recovery key.")
        private @Nullable Path recoveryKeyFile;

        @Option(
                names = "--repair-from",
                paramLabel = "DIR",
                description =
                        "Store again what is damaged or missing: from its other copy in the vault, from the files in this"
                                + " appliance's data directory, or from the appliance's other vaults; needs"
                                + " --recovery-key-file. The appliance may be running.")
        private @Nullable Path repairFrom;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            PrintWriter err = spec.commandLine().getErr();
            VaultSettings settings = vault.settings(url, VaultPolicy.READ_ONLY);
            if ((readData || repairFrom != null) && recoveryKeyFile == null) {
                throw new IllegalArgumentException("--read-data and --repair-from need --recovery-key-file");
            }
            VaultRepair.Result repaired = new VaultRepair.Result(List.of(), java.util.Set.of());
            VaultCheck.Report report;
            try (ObjectStore store = settings.open(settings.oss() == null ? null : vault.credentials())) {
                VaultCheck check =
                        new VaultCheck(store, Output.recovery(err)::step, readCharged || settings.oss() == null);
                if (recoveryKeyFile == null) {
                    report = check.run();
                } else {
                    byte[] secret = RecoveryKey.parse(SecretFile.recoveryKey(recoveryKeyFile));
                    try (Credential credential = new Credential(Credential.Kind.RECOVERY_KEY, secret)) {
                        report = check.run(credential, readData);
                        if (repairFrom != null && !report.findings().isEmpty()) {
                            repaired = repair(store, credential, repairFrom, report, err);
                            report = check.again(credential, readData);
                        }
                    }
                }
            }
            if (json) {
                Output.json(out, report);
            } else {
                new ArrayList<>(report.findings()).forEach(finding -> out.println(finding));
                out.println(
                        "root " + report.root() + ": " + report.objects() + " objects, " + Output.bytes(report.bytes())
                                + (readData ? ", " + report.chunks() + " chunks decrypted and rehashed" : "") + ": "
                                + (report.findings().isEmpty()
                                        ? report.frozen() + report.charged() == 0
                                                ? "all as it was stored"
                                                : "all that was read is as it was stored"
                                        : report.findings().size() + " DAMAGED OR MISSING"));
                if (!repaired.repaired().isEmpty()) {
                    out.println(repaired.repaired().size() + " objects were stored again and checked");
                }
                if (repairFrom != null && !repaired.lost().isEmpty()) {
                    out.println(repaired.lost().size()
                            + " objects that lead to others are lost. The appliance makes them anew with its next upload:"
                            + " " + TypedCommand.appliance(repairFrom, "vault", "upload", "--wait"));
                } else if (!report.findings().isEmpty() && repairFrom == null) {
                    out.println("Next: the same with --repair-from DIR, the appliance's data directory, and"
                            + " --recovery-key-file");
                }
                if (report.frozen() > 0) {
                    out.println(
                            report.frozen() + " objects are frozen in an archive class: they are there with the right"
                                    + " size, and were not read");
                }
                if (report.charged() > 0) {
                    double price = Prices.DEFAULT.reading(StorageClass.INFREQUENT, report.chargedBytes());
                    out.println(report.charged() + " objects, " + Output.bytes(report.chargedBytes())
                            + ", in class IA are there with the right size, and were not read since that is charged"
                            + " (about " + Prices.DEFAULT.text(price)
                            + " by list prices, traffic not counted); --read-charged reads them");
                }
                if (report.unknown() > 0) {
                    out.println(report.unknown()
                            + " objects that the root does not list: of older roots, of an upload under way, or of one that"
                            + " was cut off");
                }
            }
            if (!report.findings().isEmpty()) {
                return ExitCode.DAMAGED;
            }
            return report.frozen() + report.charged() > 0 ? ExitCode.WARNINGS : ExitCode.OK;
        }

        private VaultRepair.Result repair(
                ObjectStore store, Credential credential, Path data, VaultCheck.Report report, PrintWriter err)
                throws IOException {
            DataDirectory directory = DataDirectory.open(data);
            List<ObjectStore> others = new ArrayList<>();
            try (VaultKeys keys = directory.keyring().unlock(credential);
                    ControlDb control = new ControlDb(directory.controlDb());
                    LocalCopies copies = new LocalCopies(directory)) {
                boolean first = false;
                Optional<VaultRow> own = Optional.empty();
                for (VaultRow row : control.vaults().list()) {
                    if (!VaultSettings.parse(row.settings()).url().equals(store.url())) {
                        others.add(VaultRegistry.objects(control, row.name(), keys));
                    } else {
                        first = row.name().equals(VaultRegistry.FIRST);
                        own = Optional.of(row);
                    }
                }
                byte[] known = first ? copies.journal().root() : null;
                try (KeptClasses classes = KeptClasses.of(directory, own)) {
                    VaultRepair.Result result = new VaultRepair(store, keys, copies, others, classes, readCharged)
                            .repair(report, known, each -> err.println("holdfast: " + each));
                    if (first && !result.lost().isEmpty()) {
                        copies.journal().clearState(Publication.UPKEEP);
                    }
                    control.audit()
                            .append(
                                    "administrator",
                                    "vault repair",
                                    store.url(),
                                    result.repaired().size() + " objects");
                    return result;
                }
            } finally {
                for (ObjectStore each : others) {
                    each.close();
                }
            }
        }
    }
}
