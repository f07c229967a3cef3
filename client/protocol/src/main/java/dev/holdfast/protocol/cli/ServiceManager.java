package dev.holdfast.protocol.cli;

import dev.holdfast.protocol.foreign.ForeignLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells systemd how a service is, where systemd wants to know ({@code Type=notify}, {@code WatchdogSec=}); does nothing
 * elsewhere. Speaks through libsystemd, since Java has no datagram sockets of the Unix domain. Safe for use by several threads.
 */
public final class ServiceManager implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ServiceManager.class.getName());
    private static final String LIBRARY = "libsystemd.so.0";
    /** Signs of life in each of systemd's intervals. */
    private static final int SIGNS = 3;

    private final @Nullable MethodHandle notify;
    private final long watchdogMicros;
    private @Nullable ScheduledExecutorService watch;

    /** @param environment this process's */
    public ServiceManager(Map<String, String> environment) {
        notify = environment.containsKey("NOTIFY_SOCKET") ? function() : null;
        watchdogMicros = notify == null ? 0 : watchdog(environment);
    }

    private static @Nullable MethodHandle function() {
        try {
            return Linker.nativeLinker()
                    .downcallHandle(
                            SymbolLookup.libraryLookup(LIBRARY, Arena.global()).findOrThrow("sd_notify"),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        } catch (RuntimeException | UnsatisfiedLinkError e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "systemd is not told that this service started, since " + LIBRARY
                            + " cannot be loaded; install it, or use Type=exec and no WatchdogSec= in the unit");
            return null;
        }
    }

    private static long watchdog(Map<String, String> environment) {
        String process = environment.getOrDefault("WATCHDOG_PID", "");
        if (!process.isEmpty()
                && !process.equals(Long.toString(ProcessHandle.current().pid()))) {
            return 0;
        }
        try {
            return Long.parseLong(environment.getOrDefault("WATCHDOG_USEC", "0"));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** The service works from now on. */
    public void ready() {
        send("READY=1");
    }

    /** The service stops. */
    public void stopping() {
        send("STOPPING=1");
    }

    /**
     * Gives signs of life from a thread of its own as long as the service is alive. Without them, systemd restarts the service.
     *
     * @param alive asked each time; may block, if the service does
     */
    public synchronized void watch(BooleanSupplier alive) {
        if (watchdogMicros <= 0) {
            return;
        }
        ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("life").factory());
        watch = thread;
        var _ = thread.scheduleWithFixedDelay(
                () -> sign(alive), 0, Math.max(1, watchdogMicros / SIGNS), TimeUnit.MICROSECONDS);
    }

    private void sign(BooleanSupplier alive) {
        boolean lives;
        try {
            lives = alive.getAsBoolean();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "this service does not work", e);
            return;
        }
        if (lives) {
            send("WATCHDOG=1");
        } else {
            LOG.log(System.Logger.Level.ERROR, "this service does not work any more; systemd will restart it");
        }
    }

    private synchronized void send(String state) {
        if (notify == null) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            int result = (int) notify.invokeExact(0, arena.allocateFrom(state));
            if (result < 0) {
                LOG.log(System.Logger.Level.WARNING, "systemd could not be told " + state + ": error " + -result);
            }
        } catch (Throwable e) {
            throw ForeignLibrary.failed(e);
        }
    }

    @Override
    public synchronized void close() {
        if (watch != null) {
            watch.shutdownNow();
        }
    }
}
