package dev.holdfast.agent.cli;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.mount.Mount;
import dev.holdfast.agent.mount.MountPoint;
import dev.holdfast.agent.mount.Mounting;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.SizeOption;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "mount",
        mixinStandardHelpOptions = true,
        description = {
            "Shows snapshots as a read-only file system, to look around and to copy single files with any program.",
            "Without SNAPSHOT, each snapshot is a directory that is named by its time, and 'latest' leads to the newest; new"
                    + " snapshots appear by themselves. With SNAPSHOT, its tree is the root.",
            "The command runs until Ctrl-C, SIGTERM or 'umount DIRECTORY' (without root: fusermount3 -u). Content is fetched when it is read, checked, and"
                    + " kept in memory for a while. What is damaged in the store cannot be read (EIO); everything else can.",
            "",
            "  holdfast mount /mnt",
            "  cp -a /mnt/latest/home/ann/thesis .",
            "  holdfast mount latest:/disks /mnt",
            "  mount -o ro,loop,offset=1048576 /mnt/dev/vda.raw /media",
            "",
            "Owners, modes, times, ACLs and extended attributes are those of the snapshot. Devices do not work, and set-user-id"
                    + " bits have no effect. Users other than root need the package fuse3. 'restore' is faster for many files, and"
                    + " sets everything that a copy may lose.",
        })
final class MountCommand implements Callable<Integer> {
    private static final long MIN_CACHE_BYTES = 16L << 20;
    private static final int MAX_WAIT_SECONDS = 86_400;

    @ParentCommand
    private @Nullable Main main;

    @Mixin
    private final SelectOptions select = new SelectOptions();

    @Parameters(
            arity = "1..2",
            paramLabel = "[SNAPSHOT[:PATH]] DIRECTORY",
            hideParamSyntax = true,
            description =
                    "A snapshot's id or 'latest', and a directory in it; without it, all snapshots. Then the directory to"
                            + " mount on, which must be empty.")
    private List<String> words = List.of();

    @Option(
            names = "--allow-other",
            description =
                    "Let other users enter, as far as the modes and ACLs of the snapshot permit. By default only the user"
                            + " that runs this command can enter, not even root.")
    private boolean others;

    @Option(
            names = "--cache",
            paramLabel = "SIZE",
            defaultValue = "256 MB",
            converter = SizeOption.class,
            description = "Memory for content that was read, at least 16 MiB. Default: ${DEFAULT-VALUE}.")
    private long cache;

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description =
                    "How long a read waits for an appliance that cannot be reached, before it fails (EIO). Later reads"
                            + " try again. Default: ${DEFAULT-VALUE}.")
    private int wait;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (cache < MIN_CACHE_BYTES) {
            throw new IllegalArgumentException("--cache is at least 16 MiB");
        }
        if (wait < 0 || wait > MAX_WAIT_SECONDS) {
            throw new IllegalArgumentException("--wait is 0 to " + MAX_WAIT_SECONDS);
        }
        Main client = Objects.requireNonNull(main);
        SnapshotPath from = words.size() == 2 ? SnapshotPath.parse(words.getFirst()) : null;
        MountPoint point = MountPoint.of(RawArguments.bytes(words.getLast()));
        Mounting mounting = new Mounting(point, others, cache, Duration.ofSeconds(wait), line -> tell(err, line));
        Appliance appliance = client.connect();
        Mount mount;
        try {
            mount = from == null
                    ? mounting.all(appliance, client::connect, select.selector())
                    : mounting.one(appliance, client::connect, select.find(appliance, from), from.path());
        } catch (IOException | InterruptedException | RuntimeException e) {
            appliance.close();
            throw e;
        }
        AtomicBoolean ended = new AtomicBoolean();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
            if (!ended.get()) {
                unmount(mount, point, err);
            }
        }));
        out.println("Mounted " + (from == null ? "the snapshots" : words.getFirst()) + " on " + point
                + "; to unmount, press Ctrl-C or run: " + unmounting(point, ""));
        out.flush();
        mount.await();
        ended.set(true);
        mount.close();
        return ExitCode.OK;
    }

    /** Unmounts after a signal, even if processes use the file system. */
    private static void unmount(Mount mount, MountPoint point, PrintWriter err) {
        try {
            if (!mount.unmount(false)) {
                List<String> users = point.users();
                tell(
                        err,
                        "warning: " + point + " is in use"
                                + (users.isEmpty() ? "" : " by process " + String.join(", ", users))
                                + "; unmounted all the same, and what they read from now on fails");
                mount.unmount(true);
            }
        } catch (IOException e) {
            tell(
                    err,
                    "warning: " + point + " cannot be unmounted: " + e.getMessage() + "; run: "
                            + unmounting(point, "-l "));
        }
    }

    /** As it can be typed into a shell. */
    private static String unmounting(MountPoint point, String lazily) {
        boolean root = Platform.current().privileged();
        String option = lazily.isEmpty() ? "" : "-z ";
        return (root ? "umount " + lazily : "fusermount3 -u " + option) + point;
    }

    private static synchronized void tell(PrintWriter err, String line) {
        err.println("holdfast: " + line);
        err.flush();
    }
}
