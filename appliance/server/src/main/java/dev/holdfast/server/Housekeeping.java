package dev.holdfast.server;

import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.task.ApiCertificateWatch;
import dev.holdfast.control.task.ExpiryWatch;
import dev.holdfast.control.task.HardwareWatch;
import dev.holdfast.control.task.RoomWatch;
import dev.holdfast.control.task.VolumeWatch;
import dev.holdfast.control.vault.VaultAnchors;
import dev.holdfast.store.Store;
import java.io.IOException;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What a running appliance does every few seconds, on a thread of its own. */
final class Housekeeping implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Housekeeping.class.getName());
    private static final int STATUS_SECONDS = 2;
    private static final int CLOCK_SECONDS = 30;
    private static final int END_SECONDS = 10;

    private final ControlPlane plane;
    private final AuditKeeper audit;
    private final RoomWatch room;
    private final ExpiryWatch expiry;
    private final VolumeWatch volumes;
    private final Runnable status;
    private volatile @Nullable ApiCertificateWatch apiCertificate;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("status").factory());

    Housekeeping(ControlPlane plane, Store store, AuditKeeper audit, Runnable status) {
        this.plane = plane;
        this.audit = audit;
        this.status = status;
        InstantSource clock = plane.clock();
        this.room =
                new RoomWatch(plane.control(), store::room, plane.directory().root(), clock);
        this.volumes = new VolumeWatch(plane.control(), store::lookForVolumes);
        this.expiry = new ExpiryWatch(
                plane.control(), plane.authority().certificate().getNotAfter().toInstant(), clock);
    }

    /** From now on also looks after the administrator's own certificate. */
    void watch(ApiCertificateWatch watch) throws IOException {
        watch.begin();
        apiCertificate = watch;
    }

    /** Tells the entries of the audit log from now on. */
    void tell(AuditTail tail) {
        var _ = thread.scheduleWithFixedDelay(() -> look(tail), 0, STATUS_SECONDS, TimeUnit.SECONDS);
    }

    private static void look(AuditTail tail) {
        try {
            tail.look();
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "an entry of the audit log could not be told", e);
        }
    }

    void begin(boolean rescue) {
        var _ = thread.scheduleWithFixedDelay(status, 0, STATUS_SECONDS, TimeUnit.SECONDS);
        if (rescue) {
            return;
        }
        thread.execute(this::verifyAudit);
        var _ = thread.scheduleWithFixedDelay(this::watch, 0, CLOCK_SECONDS, TimeUnit.SECONDS);
        var _ = thread.scheduleWithFixedDelay(this::remember, 0, CLOCK_SECONDS, TimeUnit.SECONDS);
    }

    /** Watches the server's parts from now on. */
    void watchHardware(HardwareWatch hardware) {
        var _ = thread.scheduleWithFixedDelay(() -> look(hardware), 0, CLOCK_SECONDS, TimeUnit.SECONDS);
    }

    private static void look(HardwareWatch hardware) {
        try {
            hardware.look();
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "could not report the health of the server's parts", e);
        }
    }

    /** What is found is an event. Files and logs may be many: nobody waits for it. */
    private void verifyAudit() {
        try {
            audit.verifyAtStart(VaultAnchors.known(plane.directory().root(), plane.control()));
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the audit log could not be verified", e);
        }
    }

    private void watch() {
        try {
            volumes.look();
            room.look();
            expiry.look();
            ApiCertificateWatch own = apiCertificate;
            if (own != null) {
                own.look();
            }
        } catch (IOException | RuntimeException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "could not report missing volumes, low disk space or expiring certificates",
                    e);
        }
    }

    private void remember() {
        try {
            plane.lockClock().remember();
            audit.tick();
            plane.copies().keep(plane.control());
        } catch (IOException | RuntimeException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the clock of locks, a head of the audit log or a copy of the control database could not be kept",
                    e);
        }
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            boolean ended = thread.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
            LOG.log(System.Logger.Level.DEBUG, () -> "status ended: " + ended);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
