package dev.holdfast.server.cli;

import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.text.ConsoleLog;
import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.protocol.text.RenderedWriter;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.data.DataDirectory;
import dev.holdfast.store.envelope.WrongCredentialException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code holdfast appliance …} */
@Command(
        name = "holdfast appliance",
        description = {
            "Runs and looks after a backup appliance.",
            "",
            "A first appliance on this machine:",
            "  holdfast appliance init --data /srv/holdfast --profile dev",
            "  holdfast appliance run --data /srv/holdfast",
            "  holdfast appliance token create --data /srv/holdfast",
            "and on each machine to back up:",
            "  holdfast enroll https://APPLIANCE:8807 --token TOKEN",
        },
        mixinStandardHelpOptions = true,
        version = "Holdfast 0.1.0",
        subcommands = {
            InitCommand.class,
            RunCommand.class,
            TokenCommand.class,
            NodeCommand.class,
            StatusCommand.class,
            SnapshotCommand.class,
            PlanCommand.class,
            PolicyCommand.class,
            DrillCommand.class,
            UsageCommand.class,
            UserCommand.class,
            EventsCommand.class,
            AlertCommand.class,
            TasksCommand.class,
            GcCommand.class,
            ScrubCommand.class,
            AuditCommand.class,
            CheckCommand.class,
            RebuildIndexCommand.class,
            KeyCommand.class,
            VaultCommand.class,
            RecoverCommand.class,
            CommandLine.HelpCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:done, with warnings",
            "2:wrong usage",
            "3:failed",
            "5:refused: wrong passphrase, or a limit reached",
            "6:not found",
            "7:damage found in stored data, or an audit log that is not as it was written",
            "8:the data directory is used by another process"
        })
public final class ApplianceMain {
    /** Held, since the logging framework lets go of loggers that nobody refers to. */
    private static final Logger MIGRATIONS = Logger.getLogger("org.flywaydb");

    public static void main(String[] args) {
        MIGRATIONS.setLevel(Level.WARNING);
        System.exit(run(args));
    }

    static int run(String... args) {
        NativeCrypto.install();
        ConsoleLog.install();
        CommandLine line = new CommandLine(new ApplianceMain());
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
        if (e instanceof NoSuchFileException missing && missing.getReason() == null) {
            return missing.getFile() + " does not exist";
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private static int code(Exception e) {
        return switch (e) {
            case DataDirectory.InUseException i -> ExitCode.IN_USE;
            case WrongCredentialException w -> ExitCode.REFUSED;
            case ControlDb.RefusedException r -> ExitCode.REFUSED;
            case IOException io -> ExitCode.FAILED;
            case IllegalArgumentException usage -> ExitCode.USAGE;
            default -> ExitCode.FAILED;
        };
    }

    private ApplianceMain() {}
}
