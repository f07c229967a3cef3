package dev.holdfast.agent.service;

import dev.holdfast.agent.install.Installation;
import java.io.IOException;
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
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The services of the virtual machines of this host that are nodes of their own, each with a state directory below that of the host.
 * Machines that are enrolled meanwhile are taken up, and those whose directory is removed are left alone.
 */
public final class MachineServices implements AutoCloseable {
    private static final long LOOK_MILLIS = 5000;
    /** Something else than a new enrolment may make a service work that ended. */
    private static final long AGAIN_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final Path machines;
    private final Service.Reporter reporter;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Map<Path, Running> running = new HashMap<>();

    /** A service, or what became of it. */
    private static final class Running {
        final FileTime enrolled;
        final @Nullable Service service;
        volatile long endedNanos;
        volatile boolean ended;

        Running(FileTime enrolled, @Nullable Service service) {
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
                    look();
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

    private void look() {
        Set<Path> found = new HashSet<>();
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(machines)) {
            for (Path each : directories) {
                // The enrolment writes it last.
                Path identity = each.resolve("identity.json");
                if (Files.exists(identity)) {
                    found.add(each);
                    take(each, Files.getLastModifiedTime(identity));
                }
            }
        } catch (NoSuchFileException e) {
            // No virtual machine is enrolled.
        } catch (IOException e) {
            reporter.say("warning: the virtual machines of this host cannot be read: " + e.getMessage());
        }
        leave(found);
    }

    private synchronized void take(Path state, FileTime enrolled) {
        Running known = running.get(state);
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
            Thread.ofPlatform().daemon().name("vm-" + state.getFileName()).start(() -> run(name, service, begun));
        } catch (IOException e) {
            Running failed = new Running(enrolled, null);
            failed.end();
            running.put(state, failed);
            reporter.say(name + "the service cannot begin: " + e.getMessage());
        }
    }

    private void run(String name, Service service, Running begun) {
        try {
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
