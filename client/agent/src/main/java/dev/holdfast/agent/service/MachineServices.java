package dev.holdfast.agent.service;

import dev.holdfast.agent.install.Installation;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.vm.MachineSource;
import dev.holdfast.agent.vm.VmDisks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The services of the virtual machines of this host that are nodes of their own, each with a state directory below that of the host.
 * Machines that are enrolled meanwhile are taken up, and those whose directory is removed are left alone.
 */
public final class MachineServices implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(MachineServices.class.getName());
    private static final String IDENTITY = "identity.json";
    private static final long LOOK_MILLIS = 5000;
    /** Something else than a new enrolment may make a service work that ended. */
    private static final long AGAIN_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final Path machines;
    private final Service.Reporter reporter;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Map<Path, Running> running = new HashMap<>();
    /** What cannot be read, and why; used by the thread that looks. */
    private final Map<Path, String> unread = new HashMap<>();

    /**
     * As what a directory is enrolled. A renewal of the certificate, or another name at the appliance, changes nothing of it but the time.
     *
     * @param node by its number and the authority of its appliance
     * @param machine the file that names it
     */
    private record Enrolled(FileTime time, String node, String machine) {
        static Enrolled of(Path state) throws IOException {
            // The enrolment writes it last.
            FileTime time = Files.getLastModifiedTime(state.resolve(IDENTITY));
            String authority = Files.readString(state.resolve("ca.crt"), StandardCharsets.ISO_8859_1);
            String machine = new String(MachineSource.saved(state).orElse(new byte[0]), StandardCharsets.ISO_8859_1);
            return new Enrolled(time, Identity.load(state).nodeId() + " " + authority, machine);
        }

        boolean isSameNode(Enrolled other) {
            return node.equals(other.node) && machine.equals(other.machine);
        }
    }

    /** A service, or what became of it. */
    private static final class Running {
        final Enrolled enrolled;
        final @Nullable Service service;
        volatile long endedNanos;
        volatile boolean ended;
        /** Used by the thread that looks. */
        boolean replaced;

        Running(Enrolled enrolled, @Nullable Service service) {
            this.enrolled = enrolled;
            this.service = service;
        }

        void end() {
            endedNanos = System.nanoTime();
            ended = true;
        }
    }

    /** @param state of the host */
    public MachineServices(Path state, Service.Reporter reporter) {
        this.machines = directory(state);
        this.reporter = reporter;
    }

    /** Has the state directories of the virtual machines of a host. */
    public static Path directory(Path state) {
        return state.resolve("vms");
    }

    /** Looks after them until {@link #close}. */
    public void start() {
        Thread.ofPlatform().daemon().name("vm-services").start(() -> {
            try {
                do {
                    lookAnyway();
                } while (!closing.await(LOOK_MILLIS, TimeUnit.MILLISECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Whether all services go on. */
    public synchronized boolean works() {
        return running.values().stream().allMatch(each -> each.ended || each.service == null || each.service.works());
    }

    /** The directories whose services go on. */
    synchronized Set<Path> attended() {
        Set<Path> attended = new HashSet<>();
        running.forEach((state, each) -> {
            if (!each.ended && each.service != null && !each.service.closing()) {
                attended.add(state);
            }
        });
        return attended;
    }

    private void lookAnyway() {
        try {
            look();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the virtual machines of this host cannot be looked after", e);
            reporter.say("warning: the virtual machines of this host cannot be looked after: " + e);
        }
    }

    /** Takes up what is enrolled by now, and ends what is not any more. Where it cannot tell, all goes on as it does. */
    void look() {
        Set<Path> found;
        try {
            found = directories();
            unread.remove(machines);
        } catch (IOException e) {
            warn(machines, e);
            return;
        }
        for (Path each : found) {
            try {
                take(each, Enrolled.of(each));
                unread.remove(each);
            } catch (IOException e) {
                warn(each, e);
            }
        }
        leave(found);
    }

    /** Once: it is looked often. */
    private void warn(Path what, IOException e) {
        String why = String.valueOf(e.getMessage());
        if (!why.equals(unread.put(what, why))) {
            reporter.say("warning: " + what + " of the virtual machines of this host cannot be read: " + why);
        }
    }

    /** All with an identity, also where that cannot be read just now. */
    private Set<Path> directories() throws IOException {
        Set<Path> found = new HashSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(machines)) {
            for (Path each : entries) {
                if (!Files.isRegularFile(each) && !Files.notExists(each.resolve(IDENTITY))) {
                    found.add(each);
                }
            }
        } catch (NoSuchFileException e) {
            // No virtual machine is enrolled.
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
    }

    private synchronized void take(Path state, Enrolled enrolled) {
        Running known = running.get(state);
        if (known != null && !known.ended && !known.enrolled.isSameNode(enrolled)) {
            replace(state, known);
            return;
        }
        boolean again = known == null
                || known.ended
                        && (!known.enrolled.equals(enrolled) || System.nanoTime() - known.endedNanos > AGAIN_NANOS);
        if (!again || closing.getCount() == 0) {
            return;
        }
        String name = state.getFileName() + ": ";
        try {
            Service service = new Service(
                    state,
                    // Never elsewhere: the state of the host is not this node's to write to.
                    new RestoreRights(List.of(state.resolve("restored")), false),
                    line -> reporter.say(name + line),
                    InstantSource.system(),
                    new Installation(Path.of(""), null),
                    false);
            Running begun = new Running(enrolled, service);
            running.put(state, begun);
            Thread.ofPlatform().daemon().name("vm-" + state.getFileName()).start(() -> run(state, service, begun));
        } catch (IOException e) {
            Running failed = new Running(enrolled, null);
            failed.end();
            running.put(state, failed);
            reporter.say(name + "the service cannot begin: " + e.getMessage());
        }
    }

    /** Once it has ended, the next look begins it anew. */
    private void replace(Path state, Running known) {
        Service service = known.service;
        if (service != null && !known.replaced) {
            known.replaced = true;
            reporter.say(state.getFileName() + ": enrolled anew; the service begins anew");
            Thread.ofPlatform().daemon().name("vm-end").start(() -> close(service));
        }
    }

    private void run(Path state, Service service, Running begun) {
        String name = state.getFileName() + ": ";
        try {
            recover(state, name);
            service.run();
        } catch (IOException e) {
            reporter.say(name + "the service ends: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            // Only then another one may have the directory.
            close(service);
            begun.end();
        }
    }

    /** Before orders come: a machine of which a backup was killed fills the space for what it overwrites. */
    private void recover(Path state, String name) {
        VmDisks.Told told = new VmDisks.Told() {
            @Override
            public void remark(String text) {
                reporter.say(name + text);
            }

            @Override
            public void warning(String text) {
                reporter.say(name + "warning: " + text);
            }
        };
        try {
            Optional<MachineSource> machine = MachineSource.of(state);
            if (machine.isPresent()) {
                machine.get().recover(state, told);
            }
        } catch (IOException | RuntimeException e) {
            told.warning("what a backup left in the machine that was killed cannot be removed: " + e.getMessage()
                    + "; the next backup tries again");
        }
    }

    private void close(Service service) {
        try {
            service.close();
        } catch (IOException e) {
            reporter.say("warning: a service did not end cleanly: " + e.getMessage());
        }
    }

    /** Ends those whose directory is gone. */
    private void leave(Set<Path> found) {
        List<Service> gone = new ArrayList<>();
        synchronized (this) {
            running.entrySet().removeIf(each -> {
                Service service = each.getValue().service;
                boolean left = !found.contains(each.getKey());
                if (left && service != null) {
                    gone.add(service);
                }
                return left;
            });
        }
        gone.forEach(this::close);
    }

    /** Ends all, beside each other: each may wait for what it does. */
    @Override
    public void close() {
        closing.countDown();
        List<Thread> ending = new ArrayList<>();
        synchronized (this) {
            for (Running each : running.values()) {
                Service service = each.service;
                if (service != null) {
                    ending.add(Thread.ofPlatform().daemon().name("vm-end").start(() -> close(service)));
                }
            }
        }
        try {
            for (Thread each : ending) {
                each.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
