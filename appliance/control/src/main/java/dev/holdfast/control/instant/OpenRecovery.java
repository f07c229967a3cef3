package dev.holdfast.control.instant;

import dev.holdfast.control.image.Image;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.nbd.NbdExport;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.Xts;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A recovery and its disks, which are opened when a machine or a person asks for them first. Safe for use by several threads.
 *
 * <p>A file {@code opened} has the id of the system's start as long as the disks are open. Where it is found with the same id, the process
 * before ended without closing them, and the states of blocks that it mapped count; with another, the system ended, and those count that were
 * made durable.
 */
final class OpenRecovery implements Closeable {
    static final String TRACES = "traces";
    private static final String OPENED = "opened";
    private static final int TRACE_DIGITS = 16;
    /** Parts that a machine reads which starts; fewer tell nothing. */
    private static final int LEAST_TRACE = 32;

    private final Path directory;
    private final Disk disk;
    private final Origin origin;
    private final Overlay.Space space;
    private final String systemStart;
    private final Recovery recovery;
    private final AtomicInteger connections = new AtomicInteger();
    private final List<TracedImage> traced = new ArrayList<>();
    /** Empty until they are opened. */
    private List<Overlay> overlays = List.of();

    private boolean closed;

    /** Where disks are from. */
    interface Origin {
        /** Opens what a disk was when the snapshot was taken. */
        Image image(Recovery recovery, Recovery.Disk disk) throws IOException;

        /** What encrypts that which machines write; empty for recoveries that older releases began. */
        Optional<Xts> cipher(Recovery recovery) throws IOException;
    }

    private OpenRecovery(
            Path directory, Disk disk, Origin origin, Overlay.Space space, String systemStart, Recovery recovery) {
        this.directory = directory;
        this.disk = disk;
        this.origin = origin;
        this.space = space;
        this.systemStart = systemStart;
        this.recovery = recovery;
    }

    /** Makes the files of a new recovery; durable when it returns. */
    static void create(Path directory, Disk disk, Recovery recovery) throws IOException {
        for (Recovery.Disk each : recovery.disks()) {
            disk.create(data(directory, each)).close();
            StateFile.create(disk, states(directory, each), recovery.id(), each.number(), each.bytes());
        }
        recovery.write(directory);
        disk.syncDirectory(directory);
    }

    /**
     * Reads a recovery, and settles what the end of the system has left.
     *
     * @param systemStart differs from one start of the system to the next
     */
    static OpenRecovery load(Path directory, Disk disk, Origin origin, Overlay.Space space, String systemStart)
            throws IOException {
        Recovery recovery = Recovery.read(directory);
        Path opened = directory.resolve(OPENED);
        if (Files.exists(opened) && !Files.readString(opened).equals(systemStart)) {
            recovery = recovery.nextGeneration();
            recovery.write(directory);
            Files.delete(opened);
            disk.syncDirectory(directory);
        }
        return new OpenRecovery(directory, disk, origin, space, systemStart, recovery);
    }

    private static Path data(Path directory, Recovery.Disk disk) {
        return directory.resolve("disk-" + disk.number() + ".data");
    }

    private static Path states(Path directory, Recovery.Disk disk) {
        return directory.resolve("disk-" + disk.number() + ".blocks");
    }

    private static Path live(Path directory, Recovery.Disk disk) {
        return directory.resolve("disk-" + disk.number() + ".live");
    }

    Recovery recovery() {
        return recovery;
    }

    int connections() {
        return connections.get();
    }

    /** The disks, in their order. */
    synchronized List<Overlay> overlays() throws IOException {
        if (closed) {
            throw new IOException("the recovery is being ended");
        }
        if (overlays.isEmpty()) {
            overlays = open();
        }
        return overlays;
    }

    private List<Overlay> open() throws IOException {
        Path opened = directory.resolve(OPENED);
        boolean adopt = Files.exists(opened);
        List<Overlay> made = new ArrayList<>();
        // Of an attempt before, which failed.
        traced.clear();
        try {
            if (!adopt) {
                requireSpace();
            }
            for (Recovery.Disk each : recovery.disks()) {
                made.add(open(each, adopt));
            }
            if (!adopt) {
                AtomicFile.write(opened, systemStart.getBytes(StandardCharsets.UTF_8), true);
            }
            return List.copyOf(made);
        } catch (IOException | RuntimeException e) {
            for (Overlay each : made) {
                each.close();
            }
            throw e;
        }
    }

    /**
     * For the states of blocks of all disks: the size of a sparse disk costs nothing, and could otherwise fill the file system. Files that
     * are replaced make room for the new ones: what a machine wrote until nothing was left must open again after the end of the system.
     */
    private void requireSpace() throws IOException {
        long missing = 0;
        for (Recovery.Disk each : recovery.disks()) {
            Path live = live(directory, each);
            missing += BlockStates.bytes(Overlay.blocks(each.bytes())) - (Files.exists(live) ? Files.size(live) : 0);
        }
        if (missing > 0) {
            space.require(missing);
        }
    }

    private Overlay open(Recovery.Disk wanted, boolean adopt) throws IOException {
        TracedImage image = new TracedImage(origin.image(recovery, wanted), ReadTrace.read(trace(wanted)));
        traced.add(image);
        if (image.size() != wanted.bytes()) {
            throw new IOException(wanted.path() + " has " + image.size() + " bytes instead of " + wanted.bytes());
        }
        long blocks = Overlay.blocks(wanted.bytes());
        Optional<Xts> cipher = origin.cipher(recovery);
        BlockData data = new BlockData(disk.open(data(directory, wanted), true), wanted.number(), cipher);
        try {
            StateFile durable =
                    StateFile.open(disk, states(directory, wanted), recovery.id(), wanted.number(), wanted.bytes());
            try {
                BlockStates states = adopt
                        ? BlockStates.open(live(directory, wanted), blocks)
                        : BlockStates.create(live(directory, wanted), blocks);
                durable.load(adopt ? null : states);
                Overlay overlay = new Overlay(image, data, states, durable, space);
                if (adopt) {
                    overlay.adopt();
                }
                return overlay;
            } catch (IOException | RuntimeException e) {
                durable.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            data.close();
            throw e;
        }
    }

    /** Of the same disk, whichever snapshot it is in. */
    private Path trace(Recovery.Disk wanted) {
        String key = recovery.node() + "\n" + wanted.path();
        return directory
                .resolveSibling(TRACES)
                .resolve(HashAlgorithm.SHA_256
                        .digest(key.getBytes(StandardCharsets.UTF_8))
                        .toString()
                        .substring(0, TRACE_DIGITS));
    }

    private void keepTraces() {
        for (int i = 0; i < traced.size() && i < recovery.disks().size(); i++) {
            ReadTrace trace = traced.get(i).trace();
            try {
                if (trace.parts().length >= LEAST_TRACE) {
                    AtomicFile.createDirectory(directory.resolveSibling(TRACES));
                    trace.write(trace(recovery.disks().get(i)));
                }
            } catch (IOException e) {
                // Nothing but the speed of the next start depends on it.
                System.getLogger(OpenRecovery.class.getName())
                        .log(System.Logger.Level.DEBUG, "a trace could not be kept", e);
            }
        }
        traced.clear();
    }

    /** A disk for one connection. */
    synchronized NbdExport connect(Recovery.Disk wanted, String description, Guard guard) throws IOException {
        Overlay overlay = overlays().get(wanted.number());
        connections.incrementAndGet();
        return new InstantDisk(overlay, description, guard, connections::decrementAndGet);
    }

    /** Closes the disks for good, unless a connection uses them; returns whether it did. */
    synchronized boolean closeUnused() throws IOException {
        if (connections.get() > 0) {
            return false;
        }
        close();
        return true;
    }

    /** Flushes and closes the disks; no connection is at work any more. */
    @Override
    public synchronized void close() throws IOException {
        closed = true;
        IOException failure = null;
        for (Overlay each : overlays) {
            try {
                each.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
        if (!overlays.isEmpty()) {
            keepTraces();
            overlays = List.of();
            Files.deleteIfExists(directory.resolve(OPENED));
            disk.syncDirectory(directory);
        }
    }
}
