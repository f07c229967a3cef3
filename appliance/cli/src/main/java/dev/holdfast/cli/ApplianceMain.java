package dev.holdfast.cli;

import dev.holdfast.protocol.cli.ConfiguredOptions;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.Release;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.protocol.config.Configuration;
import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.text.ConsoleLog;
import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.protocol.text.RenderedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/** {@code holdfast appliance …} */
@Command(
        name = "holdfast appliance",
        description = {
            "Runs and looks after a backup appliance.",
            "",
            "A first appliance on this machine:",
            "  holdfast appliance setup --data /srv/holdfast",
            "which asks what it needs, and prints how to start the appliance and to enrol the first machine.",
        },
        mixinStandardHelpOptions = true,
        version = "Holdfast " + Release.NUMBER,
        subcommands = {
            SetupCommand.class,
            PreflightCommand.class,
            InitCommand.class,
            RunCommand.class,
            TokenCommand.class,
            NodeCommand.class,
            ClientPackageCommand.class,
            StatusCommand.class,
            HardwareCommand.class,
            CertificateCommand.class,
            SnapshotCommand.class,
            PlanCommand.class,
            PolicyCommand.class,
            DrillCommand.class,
            UsageCommand.class,
            UserCommand.class,
            ApiTokenCommand.class,
            EventsCommand.class,
            AlertCommand.class,
            AttackCommand.class,
            ReportCommand.class,
            TasksCommand.class,
            GcCommand.class,
            ScrubCommand.class,
            DamageCommand.class,
            AuditCommand.class,
            CheckCommand.class,
            ConfigCommand.class,
            RebuildIndexCommand.class,
            SupportCommand.class,
            KeyCommand.class,
            VaultCommand.class,
            UpgradeCommand.class,
            VolumeCommand.class,
            ProfileCommand.class,
            RecoverCommand.class,
            CommandLine.HelpCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:done, with warnings",
            "2:wrong usage",
            "3:failed",
            "5:refused: wrong passphrase, a limit reached, or a snapshot that is held or locked",
            "6:no such node, snapshot, plan or whatever else was named",
            "7:damage found in stored data, or an audit log that is not as it was written",
            "8:the data directory is used by another process",
            "128+N:ended by signal N: 130 by Ctrl-C, 143 by SIGTERM, 141 if the output pipe was closed"
        })
public final class ApplianceMain {
    static final Path CONFIGURATION = Path.of("/etc/holdfast/appliance.toml");
    /** Held, since the logging framework lets go of loggers that nobody refers to. */
    private static final Logger MIGRATIONS = Logger.getLogger("org.flywaydb");

    private final Configuration configuration;

    @SuppressWarnings("CatchingUnchecked")
    public static void main(String[] args) {
        MIGRATIONS.setLevel(Level.WARNING);
        int code;
        try {
            code = run(new StandardOutput(), args);
        } catch (Throwable e) {
            // The JVM would end with 1, which means "done, with warnings".
            PrintWriter err = new RenderedWriter(
                    new OutputStreamWriter(new FileOutputStream(FileDescriptor.err), StandardCharsets.UTF_8));
            err.println("holdfast: failed unexpectedly: " + e);
            ForeignText.trace(e).forEach(err::println);
            code = ExitCode.FAILED;
        }
        ExitCode.end(code);
    }

    /** All commands, as a parser that runs none of them. */
    public static CommandLine commands() {
        return new CommandLine(new ApplianceMain()).setCaseInsensitiveEnumValuesAllowed(true);
    }

    /**
     * Returns the exit code.
     *
     * @param output must arrive: a success whose output is lost is a failure
     */
    static int run(StandardOutput output, String... args) {
        NativeCrypto.install();
        ConsoleLog.install();
        Configuration configuration;
        try {
            configuration = Configuration.ofProcess(CONFIGURATION);
        } catch (IOException | IllegalArgumentException e) {
            commands().getErr().println("holdfast: " + ForeignText.render(Failure.message(e)));
            return Failure.code(e);
        }
        CommandLine line = new CommandLine(new ApplianceMain(configuration));
        line.setOut(output.writer());
        line.setExecutionStrategy(parsed -> {
                    Integer help = CommandLine.executeHelpRequest(parsed);
                    if (help != null) {
                        return help;
                    }
                    // From here on whatever is printed may have text from elsewhere.
                    line.setOut(new RenderedWriter(line.getOut())).setErr(new RenderedWriter(line.getErr()));
                    return new CommandLine.RunLast().execute(parsed);
                })
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    if (e instanceof StandardOutput.LostException lost) {
                        return StandardOutput.tell(lost, command.getErr());
                    }
                    command.getErr().println("holdfast: " + Failure.message(e));
                    if (System.getenv("HOLDFAST_DEBUG") != null) {
                        ForeignText.trace(e).forEach(command.getErr()::println);
                    }
                    return Failure.code(e);
                })
                .setParameterExceptionHandler((e, arguments) -> misused(e))
                .setCaseInsensitiveEnumValuesAllowed(true);
        try {
            return output.end(line.execute(configured(line, configuration, args)), line.getErr());
        } catch (IllegalArgumentException e) {
            line.getErr().println("holdfast: " + ForeignText.render(Failure.message(e)));
            return ExitCode.USAGE;
        } catch (StandardOutput.LostException e) {
            // Help is printed outside of any command.
            return StandardOutput.tell(e, line.getErr());
        }
    }

    /** Its options may be configured. */
    private static String[] configured(CommandLine line, Configuration configuration, String... args) {
        CommandLine run = Objects.requireNonNull(line.getSubcommands().get("run"));
        return args.length > 0 && args[0].equals("run")
                ? ConfiguredOptions.with(configuration, run.getCommandSpec(), List.of(), args)
                : args;
    }

    /** What is configured for the program that a command belongs to. */
    static Configuration configuration(CommandSpec command) {
        return ((ApplianceMain) command.root().userObject()).configuration();
    }

    Configuration configuration() {
        return configuration;
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

    ApplianceMain() {
        this(Configuration.NONE);
    }

    private ApplianceMain(Configuration configuration) {
        this.configuration = configuration;
    }
}
