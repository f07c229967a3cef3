package dev.holdfast.control.guestfs;

import dev.holdfast.control.fair.BusyException;
import dev.holdfast.control.image.ImageCache;
import dev.holdfast.control.image.ImageReader;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The machines that read images. A machine serves one request at a time, stays for the next ones about the same snapshot, and is ended when
 * it was not used for five minutes, or when another snapshot needs its place. Safe for use by several threads.
 */
public final class ImageFiles implements Closeable {
    private static final System.Logger LOG = System.getLogger(ImageFiles.class.getName());
    /** At the same time; each takes {@link #MACHINE_MIB} of memory. */
    private static final int MOST = 2;

    private static final int MACHINE_MIB = 512;
    /** Emulated machines take 5 to 20 seconds, and several times that on an appliance that has much to do. */
    private static final Duration LONGEST_START = Duration.ofMinutes(5);
    /** Where KVM is there and does not work, some machines hang. */
    private static final Duration LONGEST_START_WITH_KVM = Duration.ofSeconds(45);

    private static final Duration IDLE = Duration.ofMinutes(5);
    private static final Duration LOOK = Duration.ofSeconds(10);
    private static final Path KVM = Path.of("/dev/kvm");
    /** Those that the appliance was started with count. */
    private static final String SETTINGS = "LIBGUESTFS_BACKEND_SETTINGS";

    private final ImageCache cache;
    private final Path work;
    private final Map<String, String> environment;
    private final List<Slot> slots = new ArrayList<>();
    /** Since a machine did not start with KVM. */
    private volatile boolean emulated;

    private boolean closed;
    private @Nullable Thread ending;

    /** @param work a directory for what libguestfs makes once, and needs for each machine; made where it is missing */
    public ImageFiles(ImageCache cache, Path work) {
        this.cache = cache;
        this.work = work;
        this.environment = environment(work);
    }

    private static Map<String, String> environment(Path work) {
        Map<String, String> environment = new HashMap<>();
        // Without libvirt: what it starts would not end with this process.
        environment.put("LIBGUESTFS_BACKEND", "direct");
        environment.put("LIBGUESTFS_MEMSIZE", String.valueOf(MACHINE_MIB));
        environment.put("LIBGUESTFS_CACHEDIR", work.toString());
        return environment;
    }

    private ImageMachine start(Slot slot, List<ImageReader> images) throws IOException {
        AtomicFile.createDirectory(work);
        Consumer<Guestfish> starting = process -> starting(slot, process);
        if (System.getenv(SETTINGS) != null || !Files.isWritable(KVM)) {
            return ImageMachine.start(images, environment, LONGEST_START, starting);
        }
        if (!emulated) {
            try {
                return ImageMachine.start(images, environment, LONGEST_START_WITH_KVM, starting);
            } catch (GuestfsException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "a machine that reads images did not start; from now on they run without KVM",
                        e);
                emulated = true;
            }
        }
        Map<String, String> all = new HashMap<>(environment);
        all.put(SETTINGS, "force_tcg");
        return ImageMachine.start(images, all, LONGEST_START, starting);
    }

    private void starting(Slot slot, Guestfish process) {
        synchronized (this) {
            slot.process = process;
            if (closed) {
                process.kill();
            }
        }
    }

    /** A place for a machine; taken from its making to its end. Fields are guarded by the lock of {@link ImageFiles}. */
    private static final class Slot {
        final UUID snapshot;

        @Nullable
        Guestfish process;

        @Nullable
        ImageMachine machine;

        boolean used = true;
        long since = System.nanoTime();

        Slot(UUID snapshot) {
            this.snapshot = snapshot;
        }
    }

    /** What is done with a machine. */
    public interface Work<T> {
        T with(ImageMachine machine) throws IOException;
    }

    /**
     * Uses a machine with the disks of a snapshot, which is started where there is none.
     *
     * @param disks paths in the snapshot, always the same ones
     * @throws BusyException where others use all machines
     * @throws GuestfsException where libguestfs is missing or fails
     */
    public <T> T use(StoredSnapshot snapshot, List<TreePath> disks, Work<T> action) throws IOException {
        Slot slot = take(snapshot.id());
        try {
            ImageMachine machine = slot.machine;
            if (machine == null) {
                List<ImageReader> images = new ArrayList<>();
                for (TreePath each : disks) {
                    images.add(ImageReader.open(cache, snapshot, each));
                }
                machine = start(slot, images);
                slot.machine = machine;
            }
            return action.with(machine);
        } finally {
            giveBack(slot);
        }
    }

    /** Writes the content of a regular file. */
    public void content(ImageMachine machine, String fileSystem, TreePath path, Opening out) throws IOException {
        machine.mount(fileSystem);
        GuestFile file = machine.look(path);
        if (!file.isRegular()) {
            throw new GuestfsException(Phrase.of("image-files.no-file").with("path", path.toString()));
        }
        machine.content(file, out.open());
    }

    /** Where something is written, once it is known that it can be read. */
    public interface Opening {
        OutputStream open() throws IOException;
    }

    /** Writes files and directories as a tar archive. */
    public void archive(ImageMachine machine, String fileSystem, List<TreePath> paths, Opening out) throws IOException {
        machine.mount(fileSystem);
        List<GuestFile> tops = new ArrayList<>();
        for (TreePath each : paths) {
            GuestFile top = machine.look(each);
            if (!top.isRegular() && !top.isDirectory()) {
                throw new GuestfsException(Phrase.of("image-files.no-file").with("path", each.toString()));
            }
            tops.add(top);
        }
        new GuestArchive(machine, out.open()).write(tops);
    }

    private Slot take(UUID snapshot) throws IOException {
        Slot taken = new Slot(snapshot);
        Slot ended = null;
        synchronized (this) {
            if (closed) {
                throw new BusyException(Phrase.of("image-files.busy"));
            }
            for (Slot each : slots) {
                if (!each.used && each.snapshot.equals(snapshot)) {
                    each.used = true;
                    return each;
                }
            }
            if (slots.size() >= MOST) {
                ended = slots.stream()
                        .filter(each -> !each.used)
                        .findFirst()
                        .orElseThrow(() -> new BusyException(Phrase.of("image-files.busy")));
                slots.remove(ended);
            }
            slots.add(taken);
            if (ending == null) {
                ending = Thread.ofVirtual().name("guestfs-idle").start(this::endIdle);
            }
        }
        if (ended != null) {
            end(ended);
        }
        return taken;
    }

    private void giveBack(Slot slot) {
        boolean end;
        synchronized (this) {
            ImageMachine machine = slot.machine;
            end = closed || machine == null || !machine.isAlive();
            slot.used = false;
            slot.since = System.nanoTime();
            if (end) {
                slots.remove(slot);
            }
        }
        if (end) {
            end(slot);
        }
    }

    private void endIdle() {
        try {
            while (true) {
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
                List<Slot> idle = new ArrayList<>();
                synchronized (this) {
                    for (Iterator<Slot> all = slots.iterator(); all.hasNext(); ) {
                        Slot each = all.next();
                        if (!each.used && System.nanoTime() - each.since > IDLE.toNanos()) {
                            all.remove();
                            idle.add(each);
                        }
                    }
                    if (slots.isEmpty()) {
                        ending = null;
                    }
                }
                idle.forEach(ImageFiles::end);
                synchronized (this) {
                    if (ending != Thread.currentThread()) {
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void end(Slot slot) {
        ImageMachine machine = slot.machine;
        if (machine == null) {
            return;
        }
        try {
            machine.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "a machine that reads images did not end well", e);
        }
    }

    /** Ends all machines; what uses them fails. */
    @Override
    public void close() {
        List<Slot> unused;
        synchronized (this) {
            closed = true;
            unused = slots.stream().filter(each -> !each.used).toList();
            slots.removeAll(unused);
            for (Slot each : slots) {
                Guestfish process = each.process;
                if (process != null) {
                    process.kill();
                }
            }
            if (ending != null) {
                ending.interrupt();
            }
        }
        unused.forEach(ImageFiles::end);
    }
}
