package dev.holdfast.agent.cli;

import dev.holdfast.agent.install.Installation;
import dev.holdfast.agent.service.MachineServices;
import dev.holdfast.agent.service.RestoreRights;
import dev.holdfast.agent.service.Service;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.ServiceManager;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.protocol.crypto.NativeCrypto;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "service",
        mixinStandardHelpOptions = true,
        description = {
            "Keeps a connection to the appliance and carries out its orders, until stopped (Ctrl-C or SIGTERM).",
            "",
            "The appliance orders backups, restores, verifications, drills, and upgrades of this client to packages that the"
                    + " vendor signed. It cannot run commands here: a plan's scripts"
                    + " are named, and lie in the directory 'scripts' of --state, which only this machine's administrator"
                    + " writes. Restores by order go below --restore-below only, never into"
                    + " --state itself, and give nobody more rights on this machine, see --restore-privileged.",
            "",
            "Virtual machines of this host that are nodes of their own ('vm enroll') are served, too. Restores by order of their"
                    + " snapshots go below 'vms/NODE/restored' in --state."
        })
final class ServiceCommand implements Callable<Integer> {
    private static final int STOP_SECONDS = 310;
    /** The appliance takes a node that is away for longer for broken. */
    private static final int MAX_UPGRADE_MINUTES = 12;

    @ParentCommand
    private @Nullable Main main;

    @Option(
            names = "--restore-below",
            paramLabel = "DIR",
            description =
                    "Where orders may restore to; may be repeated, / allows everything. Default: 'restored' in --state.")
    private List<Path> restoreBelow = List.of();

    @Option(
            names = "--restore-privileged",
            description = "Let restores by order keep set-user-id and set-group-id bits, file capabilities and other"
                    + " security attributes, and device nodes. Only of snapshots that this client remembers it"
                    + " made (from a first or a full backup on); all others always lose them, with a"
                    + " warning each. Without this option every restore by order does. 'holdfast restore',"
                    + " run here, keeps everything.")
    private boolean restorePrivileged;

    @Option(
            names = "--allow-downgrade",
            description =
                    "Let the appliance install an older version of this client. Without it, only newer versions with"
                            + " the vendor's signature are installed.")
    private boolean allowDowngrade;

    @Option(
            names = "--upgrade-minutes",
            paramLabel = "N",
            defaultValue = "5",
            description =
                    "How long the installer waits for a new version of this client to reach the appliance, 1 to 12;"
                            + " after that it installs the previous version again. Default: ${DEFAULT-VALUE}.")
    private int upgradeMinutes;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (upgradeMinutes < 1 || upgradeMinutes > MAX_UPGRADE_MINUTES) {
            throw new IllegalArgumentException("--upgrade-minutes is 1 to " + MAX_UPGRADE_MINUTES);
        }
        NativeCrypto.install();
        Path state = Objects.requireNonNull(main).state().toAbsolutePath().normalize();
        List<Path> allowed = restoreBelow.isEmpty()
                ? List.of(state.resolve("restored"))
                : restoreBelow.stream().map(Path::toAbsolutePath).toList();
        CountDownLatch stopped = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        try (Service service = new Service(
                        state,
                        new RestoreRights(allowed, restorePrivileged),
                        line -> say(out, line),
                        InstantSource.system(),
                        Installation.current(),
                        allowDowngrade);
                MachineServices machines = new MachineServices(state, line -> say(out, line));
                ServiceManager manager = new ServiceManager(System.getenv())) {
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                if (ended.get()) {
                    return;
                }
                try {
                    manager.stopping();
                    Thread others = Thread.ofPlatform().start(machines::close);
                    service.close();
                    others.join();
                    boolean whole = stopped.await(STOP_SECONDS, TimeUnit.SECONDS);
                    say(out, whole ? "Stopped" : "Stopped, with work under way");
                    // A signal is how a service is stopped: the JVM would end with 128 and its number.
                    Runtime.getRuntime().halt(whole ? ExitCode.OK : ExitCode.FAILED);
                } catch (IOException | InterruptedException e) {
                    err.println("holdfast: stopping failed: " + e.getMessage());
                    Runtime.getRuntime().halt(ExitCode.FAILED);
                }
            }));
            // Also where the appliance cannot be reached: the service waits for it.
            manager.ready();
            manager.watch(() -> service.works() && machines.works());
            machines.start();
            try {
                service.run();
            } finally {
                // Where no signal made it end, its own exit code counts.
                ended.set(!service.closing());
            }
        } finally {
            stopped.countDown();
        }
        return ExitCode.OK;
    }

    /** A log that nobody takes any more, as when the journal restarts, must not end the service. */
    private static void say(PrintWriter out, String line) {
        try {
            out.println(line);
            out.flush();
        } catch (StandardOutput.LostException e) {
            // Tasks report to the appliance all the same.
        }
    }
}
