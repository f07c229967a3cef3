package dev.holdfast.agent.cli;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.ConnectionLostException;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.text.ConsoleLog;
import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.protocol.text.RenderedWriter;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code holdfast …}: the client's command line. */
@Command(
        name = "holdfast",
        description = {
            "Backs this machine up to a Holdfast appliance, and brings it back.",
            "",
            "To see it all work on this machine:   holdfast quickstart",
            "To back up to an appliance:",
            "  holdfast enroll https://APPLIANCE:8807 --token TOKEN",
            "  holdfast backup /home /etc",
            "  holdfast snapshots",
            "  holdfast restore latest:/home/ann/thesis.odt --target /tmp/back",
            "To run an appliance:                  holdfast appliance --help",
        },
        mixinStandardHelpOptions = true,
        version = "Holdfast 0.1.0",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:done, with warnings: something is not exactly as it should be, and listed",
            "2:wrong usage",
            "3:failed",
            "4:the appliance cannot be reached, or the connection broke",
            "5:refused by the appliance",
            "6:no such snapshot or path",
            "7:stored data is damaged"
        })
public final class Main {
    @Option(
            names = "--state",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description =
                    "Where this client keeps its identity; default $HOLDFAST_STATE, else /var/lib/holdfast for root,"
                            + " else ~/.local/state/holdfast.")
    @Nullable
    Path state;

    public static void main(String[] args) {
        String closed = Descriptors.closedOutput();
        if (!closed.isEmpty()) {
            // Whichever of the two is open.
            Output.complain("holdfast: " + closed
                    + " is closed, so that nothing could be told; redirect it to a file or" + " /dev/null");
            System.exit(ExitCode.FAILED);
        }
        System.exit(run(RawArguments.reread(args)));
    }

    private static final Map<String, Class<?>> SUBCOMMANDS = new LinkedHashMap<>();

    static {
        SUBCOMMANDS.put("quickstart", QuickstartCommand.class);
        SUBCOMMANDS.put("enroll", EnrollCommand.class);
        SUBCOMMANDS.put("relocate", RelocateCommand.class);
        SUBCOMMANDS.put("dedup", DedupCommand.class);
        SUBCOMMANDS.put("backup", BackupCommand.class);
        SUBCOMMANDS.put("service", ServiceCommand.class);
        SUBCOMMANDS.put("snapshots", SnapshotsCommand.class);
        SUBCOMMANDS.put("ls", LsCommand.class);
        SUBCOMMANDS.put("find", FindCommand.class);
        SUBCOMMANDS.put("diff", DiffCommand.class);
        SUBCOMMANDS.put("cat", CatCommand.class);
        SUBCOMMANDS.put("restore", RestoreCommand.class);
        SUBCOMMANDS.put("rescue", RescueCommand.class);
        SUBCOMMANDS.put("verify", VerifyCommand.class);
        SUBCOMMANDS.put("report", ReportCommand.class);
        SUBCOMMANDS.put("compare", CompareCommand.class);
        SUBCOMMANDS.put("help", CommandLine.HelpCommand.class);
    }

    /** The one that is named, where there is no doubt: describing all of them takes longer than many a command runs. */
    private static Map<String, Class<?>> subcommands(String... args) {
        List<String> named =
                Arrays.stream(args).filter(SUBCOMMANDS::containsKey).distinct().toList();
        boolean all = named.size() != 1 || named.getFirst().equals("help");
        return all ? SUBCOMMANDS : Map.of(named.getFirst(), Objects.requireNonNull(SUBCOMMANDS.get(named.getFirst())));
    }

    static int run(String... args) {
        CommandLine line = new CommandLine(new Main());
        subcommands(args).forEach(line::addSubcommand);
        ConsoleLog.install();
        return line.setExecutionStrategy(parsed -> {
                    Integer help = CommandLine.executeHelpRequest(parsed);
                    if (help != null) {
                        return help;
                    }
                    // From here on whatever is printed may have text from elsewhere.
                    line.setOut(new RenderedWriter(line.getOut())).setErr(new RenderedWriter(line.getErr()));
                    return new CommandLine.RunLast().execute(parsed);
                })
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    command.getErr().println("holdfast: " + message(e));
                    if (System.getenv("HOLDFAST_DEBUG") != null) {
                        ForeignText.trace(e).forEach(command.getErr()::println);
                    }
                    return code(e);
                })
                .setParameterExceptionHandler((e, arguments) -> {
                    PrintWriter plain = e.getCommandLine().getErr();
                    plain.println(ForeignText.render(e.getMessage()));
                    if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, plain)) {
                        e.getCommandLine().usage(plain);
                    }
                    return ExitCode.USAGE;
                })
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(args);
    }

    private static String message(Exception e) {
        return switch (e) {
            case NoSuchFileException missing when missing.getReason() == null -> missing.getFile() + ": no such file";
            case AccessDeniedException denied
            when denied.getReason() == null -> denied.getFile() + ": permission denied";
            case FileAlreadyExistsException there
            when there.getReason() == null -> there.getFile() + ": is there and no directory";
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
                    case INTERNAL, MALFORMED, DIGEST_MISMATCH, UNKNOWN_CHUNK, STORAGE_FAILED -> ExitCode.FAILED;
                };
            case FormatException damaged -> ExitCode.DAMAGED;
            case FileSystemException file -> ExitCode.FAILED;
            case IllegalArgumentException usage -> ExitCode.USAGE;
            case IOException io -> ExitCode.FAILED;
            default -> ExitCode.FAILED;
        };
    }

    /** The client's state directory. */
    Path state() {
        if (state != null) {
            return state;
        }
        String fromEnvironment = System.getenv("HOLDFAST_STATE");
        if (fromEnvironment != null && !fromEnvironment.isEmpty()) {
            return Path.of(fromEnvironment);
        }
        return Platform.current().privileged()
                ? Path.of("/var/lib/holdfast")
                : Path.of(System.getProperty("user.home"), ".local/state/holdfast");
    }

    /** Connects as this node. */
    Appliance connect() throws IOException {
        NativeCrypto.install();
        return new Appliance(Identity.load(state()), state());
    }

    private Main() {}
}
