package dev.holdfast.agent.cli;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Enrolment;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.service.MachineServices;
import dev.holdfast.agent.vm.MachineIdentity;
import dev.holdfast.agent.vm.MachineSource;
import dev.holdfast.agent.vm.VmDisks;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "enroll",
        mixinStandardHelpOptions = true,
        description = {
            "Makes a virtual machine of this host a node of its own, with its own plans, quota and snapshots. Nothing is"
                    + " installed in it: the service of this host ('service', which must run) backs it up.",
            "A plan for such nodes has the disk / (all disks), or /NAME (one): 'plan set vms --disk /'.",
            "The node's key is in 'vms/NODE' in --state, which is a state directory by itself: 'snapshots --state"
                    + " DIR/vms/NODE'. A machine that has moved here from another host goes on with its history if the token was"
                    + " made for its node ('token create --node NAME'). To end it, retire the node at the appliance, and delete that"
                    + " directory.",
            "",
            "  holdfast vm enroll libvirt:web https://backup.example.com:8807",
            "  holdfast vm enroll /run/db.qmp https://backup.example.com:8807 --guest-agent /run/db.agent"
        })
final class VmEnrollCommand implements Callable<Integer> {
    /** What it is told when the machine is really backed up. */
    private static final VmDisks.Told SILENT = new VmDisks.Told() {
        @Override
        public void remark(String text) {}

        @Override
        public void warning(String text) {}
    };

    @ParentCommand
    private @Nullable VmCommand vm;

    @Parameters(
            index = "0",
            paramLabel = "MACHINE",
            description = "libvirt:NAME, or the Unix socket of the machine's monitor, as 'vm list' prints it.")
    private String machine = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "URL",
            description = "The appliance: https://HOST:PORT; default: the one of this host.")
    private @Nullable String url;

    @Mixin
    private final TokenOptions token = new TokenOptions();

    @Option(names = "--name", paramLabel = "NAME", description = "The node's name; default: the machine's.")
    private @Nullable String name;

    @Option(
            names = "--disk",
            paramLabel = "NAME",
            description =
                    "The disks that / of a plan means; may be given several times. By default all that the machine can"
                            + " write to and that cannot be removed from it.")
    private List<String> disks = List.of();

    @Option(
            names = "--guest-agent",
            paramLabel = "SOCKET",
            description = "The Unix socket of qemu-ga in the machine (libvirt knows it).")
    private @Nullable Path agent;

    @Option(names = "--no-freeze", description = "Do not ask the guest agent.")
    private boolean noFreeze;

    @Option(
            names = "--scratch",
            paramLabel = "DIR",
            description = "Where the machine keeps what it overwrites while a backup runs; see 'backup --help'.")
    private @Nullable Path scratch;

    @Option(names = "--force", description = "Replace the identity of the node that is here.")
    private boolean force;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        NativeCrypto.install();
        Path host = Objects.requireNonNull(Objects.requireNonNull(vm).main).state();
        MachineSource wanted = new MachineSource(
                absolute(machine),
                disks,
                Optional.ofNullable(agent).map(Path::toAbsolutePath),
                !noFreeze,
                Optional.ofNullable(scratch).map(Path::toAbsolutePath),
                Optional.empty());
        wanted.check();
        Optional<Identity> own = host(host);
        Endpoint endpoint = Endpoint.parse(Optional.ofNullable(url)
                .or(() -> own.map(Identity::appliance))
                .orElseThrow(() -> new IllegalArgumentException("give the appliance's address: https://HOST:PORT")));
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        // That the machine is there, and has such disks, is known before the token is used.
        MachineIdentity found = wanted.identity();
        MachineSource source = wanted.only(found);
        String node = name == null ? found.title() : name;
        Path state = MachineServices.directory(host).resolve(directory(node));
        source.list(state, SILENT);
        if (Files.exists(state.resolve("identity.json")) && !force) {
            throw new IllegalArgumentException("there is a node " + node + " already (" + state
                    + "); use --force to replace its identity, or --name for another one");
        }
        String secret = token.read();
        if (Enrolment.restores(secret)) {
            throw new IllegalArgumentException("the token is for a restore; it makes no node");
        }
        String platform = "Virtual machine on " + own.map(Identity::node).orElse(HostName.own());
        // The machine before the identity, which the service waits for.
        Enrolment.As as = new Enrolment.As(node, platform, () -> source.save(state));
        report(enroll(endpoint, secret, as, state), state, out);
        return ExitCode.OK;
    }

    /** Where that fails, the node is the machine that it was. */
    private Identity enroll(Endpoint endpoint, String secret, Enrolment.As as, Path state) throws IOException {
        Optional<byte[]> former = MachineSource.saved(state);
        try {
            return Enrolment.enroll(endpoint, secret, token.fingerprint(), as, state, InstantSource.system());
        } catch (IOException | RuntimeException e) {
            if (former.isPresent()) {
                MachineSource.restore(state, former.get());
            }
            throw e;
        }
    }

    private static String absolute(String machine) {
        return machine.startsWith("libvirt:")
                ? machine
                : Path.of(machine).toAbsolutePath().normalize().toString();
    }

    private static Optional<Identity> host(Path state) throws IOException {
        return Files.exists(state.resolve("identity.json")) ? Optional.of(Identity.load(state)) : Optional.empty();
    }

    /** A name that is one of a directory as well. */
    private static String directory(String node) {
        if (!node.matches("[\\p{L}\\p{N}][\\p{L}\\p{N}._-]{0,99}")) {
            throw new IllegalArgumentException(
                    "'" + node
                            + "' cannot be the name of a node: letters, digits, and . _ - behind the first; give another with --name");
        }
        return node;
    }

    /** The first connection tells under which name. */
    private void report(Identity identity, Path state, PrintWriter out) {
        try (Appliance appliance = new Appliance(identity, state)) {
            String node = ForeignText.render(appliance.control().welcome().node());
            out.println(
                    "Enrolled at " + identity.appliance() + " as " + node + ", a virtual machine of this host, with "
                            + appliance.snapshots().size() + " snapshots. Next, at the appliance: "
                            + TypedCommand.elsewhere("appliance", "plan", "bind", "PLAN", node)
                            + ", with a plan that has --disk /");
        } catch (IOException e) {
            out.println("Enrolled at " + identity.appliance() + " as " + identity.node());
            Objects.requireNonNull(spec)
                    .commandLine()
                    .getErr()
                    .println("holdfast: warning: the first connection failed: " + e.getMessage() + ". Try it again: "
                            + TypedCommand.client(state, "snapshots"));
        }
    }
}
