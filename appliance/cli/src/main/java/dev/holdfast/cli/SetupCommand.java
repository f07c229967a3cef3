package dev.holdfast.cli;

import dev.holdfast.control.data.Machine;
import dev.holdfast.control.usecase.SetupUseCases;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.config.Configuration;
import dev.holdfast.server.Progress;
import dev.holdfast.server.local.setup.AnswerFile;
import dev.holdfast.server.local.setup.AnsweredSetup;
import dev.holdfast.server.local.setup.FirstSetup;
import dev.holdfast.server.local.setup.Served;
import dev.holdfast.server.local.setup.SetupAnswers;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "setup",
        mixinStandardHelpOptions = true,
        description = {
            "Sets up a new appliance: profile by the hardware, volumes, names for the certificate, administrator, recovery"
                    + " sheet, vault, alerts, first plan, and a token for the first client.",
            "Asks questions, or reads the answers from a file. Everything is checked before anything is made. Rerun an"
                    + " interrupted setup: it resumes where it stopped.",
            "",
            "Without questions:",
            "  holdfast appliance setup --example > answers.toml",
            "  holdfast appliance setup --answers answers.toml --dry-run",
            "  holdfast appliance setup --answers answers.toml",
            "",
            "On an appliance that is set up, lists the open items of the setup and ends with 1; with 5 if there are none."
        })
final class SetupCommand implements Callable<Integer> {
    private static final Configuration.Key LISTEN = new Configuration.Key("listen", false, false);
    private static final Configuration.Key API = new Configuration.Key("api", false, false);
    private static final String USUAL_LISTEN = "127.0.0.1:8807";

    @Mixin
    private final DataOption data = new DataOption();

    @Option(
            names = "--answers",
            paramLabel = "FILE",
            description = "Answers in TOML, without secrets: it names the files that hold them. The recovery sheet is"
                    + " written to the file that it names.")
    private @Nullable Path answers;

    @Option(names = "--example", description = "Print an answer file with all keys, and what they mean.")
    private boolean example;

    @Option(names = "--dry-run", description = "With --answers: check the answers and show what would be made.")
    private boolean dryRun;

    @Option(
            names = "--confirm-recovery-key",
            paramLabel = "F",
            description = "Confirm that you have the recovery sheet, by a file with the key as you keep it;"
                    + " /dev/stdin reads it from standard input. It is compared, and not kept.")
    private @Nullable Path recoveryKey;

    @Option(names = "--json", description = "Print JSON. Needs --answers on a new appliance.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = command().commandLine().getOut();
        PrintWriter err = command().commandLine().getErr();
        if (example) {
            AnswerFile.example().lines().forEach(out::println);
            return ExitCode.OK;
        }
        if (dryRun && answers == null) {
            throw new IllegalArgumentException("--dry-run needs --answers FILE");
        }
        Path directory = data.path();
        Progress progress = Output.progress(err);
        FirstSetup setup = new FirstSetup(directory, Machine.ofThisProcess(), served());
        if (recoveryKey != null) {
            setup.confirmRecoveryKey(recoveryKey, progress);
            out.println("The recovery key is correct. Keep it away from this machine.");
            return ExitCode.OK;
        }
        SetupText text = new SetupText(out, directory);
        if (setup.state() == FirstSetup.State.FINISHED) {
            return open(setup, progress, text, out);
        }
        return answers == null ? asked(setup, progress, text, err) : answered(setup, progress, text, answers);
    }

    private CommandSpec command() {
        return Objects.requireNonNull(spec);
    }

    /** Changes nothing. */
    private int open(FirstSetup setup, Progress progress, SetupText text, PrintWriter out) throws IOException {
        SetupUseCases.Shown shown = setup.open(progress);
        if (shown.open().isEmpty()) {
            throw new Failure.RefusedException(text.data() + " is set up, and no item is open; look at it with: "
                    + TypedCommand.appliance(text.data(), "status"));
        }
        if (json) {
            Output.json(out, shown);
        } else {
            out.println(text.data() + " is set up; nothing was changed.");
            text.open(shown.open());
        }
        return ExitCode.WARNINGS;
    }

    private int answered(FirstSetup setup, Progress progress, SetupText text, Path file) throws IOException {
        PrintWriter out = text.out();
        SetupAnswers read = AnswerFile.read(file);
        if (dryRun) {
            if (setup.state() == FirstSetup.State.UNFINISHED) {
                throw new Failure.RefusedException(
                        text.data()
                                + " is an appliance whose setup was interrupted; rerun the command without --dry-run to resume");
            }
            FirstSetup.Plan plan = setup.check(read);
            if (json) {
                Output.json(out, plan);
            } else {
                text.plan(plan);
                out.println("Nothing was made.");
            }
            return ExitCode.OK;
        }
        AnsweredSetup.Result result = new AnsweredSetup(setup, read, progress).run(step -> {
            if (!json) {
                out.println("Now: " + step);
                out.flush();
            }
        });
        if (json) {
            Output.json(out, result);
            return ExitCode.OK;
        }
        out.println("Set up" + (result.resumed() ? " what an interrupted setup had left" : "") + ".");
        out.println("Recovery sheet: " + result.recoverySheet()
                + ". Print it, keep it away from this machine, and delete the file.");
        text.open(result.open());
        text.end(
                result.start(),
                result.clients(),
                result.console(),
                result.token(),
                result.tokenExpiresAt(),
                read.plan());
        return ExitCode.OK;
    }

    private int asked(FirstSetup setup, Progress progress, SetupText text, PrintWriter err) throws IOException {
        Terminal terminal = Terminal.ofProcess();
        if (terminal == null || json) {
            throw new IllegalArgumentException("setup asks questions, and "
                    + (json ? "--json answers none" : "there is no terminal")
                    + "; answer them in a file: --answers FILE, which 'setup --example' prints");
        }
        new SetupDialogue(setup, terminal, text, progress, err).run();
        return ExitCode.OK;
    }

    /** As 'run' is configured. */
    private Served served() {
        Configuration configuration = ApplianceMain.configuration(command());
        String listen = value(configuration, LISTEN).orElse(USUAL_LISTEN);
        Optional<InetSocketAddress> api = value(configuration, API).map(RunCommand::address);
        return new Served(RunCommand.address(listen), api.orElse(null));
    }

    private static Optional<String> value(Configuration configuration, Configuration.Key key) {
        return configuration.of(key).map(set -> set.values().getFirst());
    }
}
