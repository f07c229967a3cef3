package dev.holdfast.agent.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.ConnectionLostException;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.remote.Tls;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.ConfiguredOptions;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.Release;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.config.Configuration;
import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.release.ReleaseRefusedException;
import dev.holdfast.protocol.text.ConsoleLog;
import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.protocol.text.RenderedWriter;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code holdfast …}: the client's command line. */
@Command(
        name = "holdfast",
        description = {
            "Backs up this machine to a Holdfast appliance, and restores it.",
            "",
            "To try everything on this machine:    holdfast quickstart",
            "To back up to an appliance:",
            "  holdfast enroll https://APPLIANCE:8807",
            "  holdfast backup /home /etc",
            "  holdfast snapshots",
            "  holdfast restore latest:/home/ann/thesis.odt --target /tmp/back",
            "To run an appliance:                  holdfast appliance --help",
        },
        mixinStandardHelpOptions = true,
        version = "Holdfast " + Release.NUMBER,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:completed with warnings; see the report",
            "2:wrong usage",
            "3:failed",
            "4:the appliance cannot be reached, or the connection was lost; rerun the command to resume",
            "5:refused by the appliance, or not enrolled there",
            "6:no such snapshot or path",
            "7:stored data is damaged",
            "128+N:ended by signal N: 130 by Ctrl-C, 143 by SIGTERM, 141 if the output pipe was closed"
        })
public final class Main {
    static final Path CONFIGURATION = Path.of("/etc/holdfast/client.toml");
    static final Configuration.Key STATE = new Configuration.Key("state", false, false);

    private final Configuration configuration;

    @Option(
            names = "--state",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description = "Where this client keeps its identity; default $HOLDFAST_STATE, else 'state' in "
                    + "/etc/holdfast/client.toml, else /var/lib/holdfast for root,"
                    + " else ~/.local/state/holdfast.")
    @Nullable
    Path state;

    @SuppressWarnings("CatchingUnchecked")
    public static void main(String[] args) {
        int code;
        try {
            if (connects(args)) {
                // Describing the options takes about as long.
                Thread.ofPlatform().daemon().name("prepare").start(Tls::prepare);
            }
            code = run(RawArguments.reread(args));
        } catch (Throwable e) {
            // The JVM would end with 1, which means "done, with warnings".
            PrintWriter err =
                    new RenderedWriter(new OutputStreamWriter(new FileOutputStream(FileDescriptor.err), UTF_8));
            err.println("holdfast: failed unexpectedly: " + e);
            ForeignText.trace(e).forEach(err::println);
            code = ExitCode.FAILED;
        }
        ExitCode.end(code);
    }

    /** Belongs to the user that this process runs as; there on Linux. */
    private static final Path SELF = Path.of("/proc/self");

    private static final Map<String, Class<?>> SUBCOMMANDS = new LinkedHashMap<>();
    /** Of these, the ones that connect to the appliance as soon as their options are parsed. */
    private static final Set<String> CONNECTING = new HashSet<>();

    static {
        SUBCOMMANDS.put("quickstart", QuickstartCommand.class);
        connecting("enroll", EnrollCommand.class);
        connecting("relocate", RelocateCommand.class);
        SUBCOMMANDS.put("dedup", DedupCommand.class);
        connecting("backup", BackupCommand.class);
        connecting("service", ServiceCommand.class);
        connecting("snapshots", SnapshotsCommand.class);
        connecting("ls", LsCommand.class);
        connecting("find", FindCommand.class);
        connecting("diff", DiffCommand.class);
        connecting("cat", CatCommand.class);
        connecting("mount", MountCommand.class);
        connecting("restore", RestoreCommand.class);
        connecting("restore-disk", RestoreDiskCommand.class);
        connecting("restore-machine", RestoreMachineCommand.class);
        SUBCOMMANDS.put("move-disk", MoveDiskCommand.class);
        SUBCOMMANDS.put("vm", VmCommand.class);
        SUBCOMMANDS.put("rescue", RescueCommand.class);
        connecting("verify", VerifyCommand.class);
        connecting("report", ReportCommand.class);
        SUBCOMMANDS.put("compare", CompareCommand.class);
        SUBCOMMANDS.put("verify-package", VerifyPackageCommand.class);
        SUBCOMMANDS.put("config", ConfigCommand.class);
        SUBCOMMANDS.put("support", SupportCommand.class);
        SUBCOMMANDS.put("help", CommandLine.HelpCommand.class);
    }

    private static void connecting(String name, Class<?> command) {
        SUBCOMMANDS.put(name, command);
        CONNECTING.add(name);
    }

    /** Whether a command will most likely connect to the appliance. */
    private static boolean connects(String... args) {
        List<String> words = List.of(args);
        return CONNECTING.stream().anyMatch(words::contains) && !words.contains("--help");
    }

    /** The one that is named, where there is no doubt: describing all of them takes longer than many a command runs. */
    private static Map<String, Class<?>> subcommands(String... args) {
        List<String> named =
                Arrays.stream(args).filter(SUBCOMMANDS::containsKey).distinct().toList();
        boolean all = named.size() != 1 || named.getFirst().equals("help");
        return all ? SUBCOMMANDS : Map.of(named.getFirst(), Objects.requireNonNull(SUBCOMMANDS.get(named.getFirst())));
    }

    /** All commands, as a parser that runs none of them. */
    public static CommandLine commands() {
        CommandLine line = new CommandLine(new Main(Configuration.NONE));
        SUBCOMMANDS.forEach(line::addSubcommand);
        return line.setCaseInsensitiveEnumValuesAllowed(true);
    }

    static int run(String... args) {
        return run(new StandardOutput(), args);
    }

    /**
     * Runs a command in this process and returns the exit code.
     *
     * @param output must arrive: a success whose output is lost is a failure
     */
    public static int run(StandardOutput output, String... args) {
        Configuration configuration;
        try {
            configuration = Configuration.ofProcess(CONFIGURATION);
        } catch (IOException | IllegalArgumentException e) {
            new CommandLine(new Main(Configuration.NONE))
                    .getErr()
                    .println("holdfast: " + ForeignText.render(message(e)));
            return code(e);
        }
        CommandLine line = new CommandLine(new Main(configuration));
        subcommands(args).forEach(line::addSubcommand);
        ConsoleLog.install();
        line.setOut(output.writer());
        line.setExecutionStrategy(parsed -> {
                    try {
                        Integer help = CommandLine.executeHelpRequest(parsed);
                        if (help != null) {
                            return help;
                        }
                    } catch (StandardOutput.LostException e) {
                        return StandardOutput.tell(e, line.getErr());
                    }
                    // From here on whatever is printed may have text from elsewhere.
                    line.setOut(new RenderedWriter(line.getOut())).setErr(new RenderedWriter(line.getErr()));
                    return new CommandLine.RunLast().execute(parsed);
                })
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    if (e instanceof StandardOutput.LostException lost) {
                        return StandardOutput.tell(lost, command.getErr());
                    }
                    command.getErr().println("holdfast: " + message(e));
                    if (System.getenv("HOLDFAST_DEBUG") != null) {
                        ForeignText.trace(e).forEach(command.getErr()::println);
                    }
                    return code(e);
                })
                .setParameterExceptionHandler((e, arguments) -> misused(e))
                .setCaseInsensitiveEnumValuesAllowed(true);
        String[] words;
        try {
            words = configured(line, configuration, args);
        } catch (IllegalArgumentException e) {
            line.getErr().println("holdfast: " + ForeignText.render(message(e)));
            return ExitCode.USAGE;
        }
        return output.end(line.execute(words), line.getErr());
    }

    /** The service's options may be configured. */
    private static String[] configured(CommandLine line, Configuration configuration, String... args) {
        CommandLine service = line.getSubcommands().get("service");
        return line.getSubcommands().size() == 1 && service != null
                ? ConfiguredOptions.with(configuration, service.getCommandSpec(), List.of(STATE), args)
                : args;
    }

    /** Two lines: what is wrong, and what to do. */
    private static int misused(CommandLine.ParameterException e) {
        PrintWriter plain = e.getCommandLine().getErr();
        plain.println("holdfast: " + ForeignText.render(e.getMessage()));
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, plain)) {
            plain.println("For usage: " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        }
        return ExitCode.USAGE;
    }

    /** A command on the same state, as it can be typed into a shell. */
    String command(String... words) {
        return TypedCommand.client(stateDirectory(), words);
    }

    private static String message(Exception e) {
        return switch (e) {
            case NoSuchFileException missing when missing.getReason() == null -> missing.getFile() + ": no such file";
            case AccessDeniedException denied
            when denied.getReason() == null -> denied.getFile() + ": permission denied";
            case FileAlreadyExistsException there
            when there.getReason() == null -> there.getFile() + ": is there and no directory";
            case NotDirectoryException no when no.getReason() == null -> no.getFile() + ": not a directory";
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }

    static int code(Exception e) {
        return switch (e) {
            case ConnectionLostException lost -> ExitCode.UNREACHABLE;
            case Identity.NotEnrolledException no -> ExitCode.REFUSED;
            case RemoteException remote ->
                switch (remote.code()) {
                    case NOT_FOUND -> ExitCode.NOT_FOUND;
                    case DAMAGED -> ExitCode.DAMAGED;
                    case UNAUTHENTICATED,
                            FORBIDDEN,
                            REVOKED,
                            TOKEN_REFUSED,
                            NODE_LIMIT,
                            CAPACITY,
                            VERSION,
                            BUSY,
                            READ_ONLY -> ExitCode.REFUSED;
                    case INTERNAL, MALFORMED, DIGEST_MISMATCH, UNKNOWN_CHUNK, STORAGE_FAILED, FROZEN -> ExitCode.FAILED;
                };
            case LocalAppliance.FailedException failed -> failed.code();
            case ReleaseRefusedException refused -> ExitCode.REFUSED;
            case FormatException damaged -> ExitCode.DAMAGED;
            case FileSystemException file -> ExitCode.FAILED;
            case IllegalArgumentException usage -> ExitCode.USAGE;
            case IOException io -> ExitCode.FAILED;
            default -> ExitCode.FAILED;
        };
    }

    /**
     * The client's state directory.
     *
     * @throws IOException where it belongs to another user: what this process would write there, that user could not read
     */
    Path state() throws IOException {
        Path directory = stateDirectory();
        if (Files.isDirectory(directory) && Files.isDirectory(SELF) && uid(directory) != uid(SELF)) {
            String owner = Files.getOwner(directory).getName();
            throw new IOException("the state directory " + directory + " belongs to " + owner
                    + ", and files that this user writes there would be closed to it; run this as " + owner
                    + " (runuser -u " + owner
                    + " -- ...), or give the directory and all in it to this user (chown -R)");
        }
        return directory;
    }

    private static int uid(Path file) throws IOException {
        return (Integer) Files.getAttribute(file, "unix:uid");
    }

    /** As {@link Platform#privileged}, without libc where that is possible: binding its functions takes longer than many a command. */
    private static boolean privileged() {
        try {
            return Files.isDirectory(SELF) ? uid(SELF) == 0 : Platform.current().privileged();
        } catch (IOException e) {
            return Platform.current().privileged();
        }
    }

    private Path stateDirectory() {
        if (state != null) {
            return state;
        }
        Optional<Configuration.Setting> configured = configuration.of(STATE);
        if (configured.isPresent()) {
            return Path.of(configured.get().values().getFirst());
        }
        if (privileged()) {
            return Path.of("/var/lib/holdfast");
        }
        Path home = Path.of(System.getProperty("user.home", ""));
        if (!home.isAbsolute()) {
            throw new IllegalArgumentException(
                    "this user has no home directory to keep the state in; give --state DIR, or set HOLDFAST_STATE");
        }
        return home.resolve(".local/state/holdfast");
    }

    /** Connects as this node. */
    Appliance connect() throws IOException {
        NativeCrypto.install();
        Path directory = state();
        return new Appliance(Identity.load(directory), directory);
    }

    Configuration configuration() {
        return configuration;
    }

    private Main(Configuration configuration) {
        this.configuration = configuration;
    }
}
