package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A regular file on its way back. Where one is in its place, that is compared first, and nothing is written as long as it is right.
 * Else content goes to a work file, which takes the final name when it is whole. The planning thread fills in what is
 * to come, writer threads bring it; the fields they share are guarded by this object.
 *
 * <p>Reading and writing happen outside of that lock, so that all writers can work on one large file. A descriptor is closed only
 * while none of them uses it: {@link #users} counts them, and {@link #closeHandle} waits. No read-write lock does this, since
 * those who close often hold this object already, as {@link #finish} does; waiting on it lets the users go on.
 */
final class RestoredFile {
    private static final int MIN_HOLES_BYTES = 1 << 20;

    final Slot slot;
    final TreePath path;
    final Node.RegularFile node;
    /** What the snapshot says of it, of which the node may have been stripped. */
    private final Attributes recorded;
    /** The name written under. */
    final byte[] workName;

    private final RestoreStats stats;
    /** Whether earlier bytes may be right already, from an attempt that was cut off. */
    private final boolean resumed;

    private final @Nullable PresentFile present;
    /** Whether all of the present file that was looked at so far is right, so that there is no work file yet. */
    private boolean matching;

    private Directory.@Nullable FileHandle handle;
    /** Threads that may read or write through the descriptors at the moment. */
    private int users;
    /** Threads that wait for the users to leave; no new user comes in meanwhile, or a busy file would never be closed. */
    private int closers;

    private boolean created;
    private boolean abandoned;
    boolean damaged;
    /** Bytes that the snapshot has as holes. */
    private long holes;

    long planned;
    long length;
    boolean complete;
    int placesLeft;
    /** The last window with a part of it; of the planning thread alone. */
    int lastWindow;
    /** How far it has been written; its size, unless an earlier attempt began it. */
    private long writtenEnd;

    /** @param resumed whether there is a work file of an earlier attempt */
    RestoredFile(
            Slot slot,
            TreePath path,
            Node.RegularFile node,
            Attributes recorded,
            byte[] workName,
            boolean resumed,
            @Nullable PresentFile present,
            RestoreStats stats) {
        this.slot = slot;
        this.path = path;
        this.node = node;
        this.recorded = recorded;
        this.workName = workName;
        this.resumed = resumed;
        this.created = resumed;
        this.present = present;
        this.stats = stats;
        // With more names than the snapshot knows, what is set on it would be set on something else as well.
        this.matching = present != null
                && !resumed
                && present.stat().links() <= Math.max(1, node.attributes().links());
    }

    /** On any writer thread, several at a time. */
    void write(long position, byte[] data, int offset, int count) throws IOException {
        enter();
        try {
            if (lacks(position, data, offset, count)) {
                put(position, data, offset, count);
            }
        } finally {
            leave();
        }
    }

    /** On the planning thread: makes room for a range that is to be written, unless the present file may have it. */
    void reserve(long from, long to) throws IOException {
        if (matches()) {
            return;
        }
        enter();
        try {
            open().reserve(from, to - from);
        } finally {
            leave();
        }
    }

    /** Until {@link #leave}, no descriptor of this file is closed. Not to be entered twice by one thread. */
    private synchronized void enter() {
        awaitUntil(() -> closers == 0);
        users++;
    }

    private synchronized void leave() {
        users--;
        notifyAll();
    }

    private interface Condition {
        boolean holds();
    }

    /** Gives this object's lock up while it waits. Ends on no interrupt, as entering a lock does not. */
    private synchronized void awaitUntil(Condition condition) {
        boolean interrupted = false;
        while (!condition.holds()) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Whether bytes are to be written. A file that is compared here has only these, see {@link #takes}, so nobody else waits for
     * that, and nothing was found right before.
     */
    private synchronized boolean lacks(long position, byte[] data, int offset, int count) throws IOException {
        if (abandoned) {
            return false;
        }
        PresentFile there = present;
        if (matching && there != null) {
            byte[] bytes = there.read(position, count);
            if (bytes != null && Arrays.equals(bytes, 0, count, data, offset, offset + count)) {
                stats.compared.add(count);
                return false;
            }
            matching = false;
        }
        return true;
    }

    /** Called between {@link #enter} and {@link #leave}. */
    private void put(long position, byte[] data, int offset, int count) throws IOException {
        open().write(position, data, offset, count);
        reached(position + count);
        stats.bytes.add(count);
    }

    private synchronized void reached(long end) {
        writtenEnd = Math.max(writtenEnd, end);
    }

    private synchronized Directory.FileHandle open() throws IOException {
        Directory.FileHandle file = handle;
        if (file == null) {
            boolean again = created;
            file = slot.parent.use(
                    directory -> again ? directory.openForUpdate(workName) : directory.createFile(workName));
            created = true;
            if (again) {
                requireOurs(file);
            }
            handle = file;
        }
        return file;
    }

    /** Throws, and closes the file, where another one took the name since it was looked at. */
    private static void requireOurs(Directory.FileHandle file) throws IOException {
        boolean ours = false;
        try {
            ours = WorkFiles.resumable(file.stat());
        } finally {
            if (!ours) {
                file.close();
            }
        }
        if (!ours) {
            throw FormatException.corrupt("another program replaced the file that the restore writes to");
        }
    }

    /** Waits until what is being read and written is done. Not to be called between {@link #enter} and {@link #leave}. */
    synchronized void closeHandle() throws IOException {
        closers++;
        awaitUntil(() -> users == 0);
        Directory.FileHandle file = handle;
        handle = null;
        try {
            if (present != null) {
                present.close();
            }
        } finally {
            closers--;
            notifyAll();
            if (file != null) {
                file.close();
            }
        }
    }

    /**
     * On the planning thread, for each extent in turn: whether its bytes are here already, so that they need not be fetched.
     *
     * @param from where the extent before ended; a hole lies between
     * @param alone whether it is the whole content of the file
     * @param hash by which chunks are named
     */
    boolean takes(long from, long position, Extent extent, boolean alone, HashAlgorithm hash) throws IOException {
        synchronized (this) {
            holes += position - from;
        }
        if (!resumed && present == null) {
            return false;
        }
        enter();
        try {
            return has(from, position, extent, alone, hash);
        } finally {
            leave();
        }
    }

    private boolean has(long from, long position, Extent extent, boolean alone, HashAlgorithm hash) throws IOException {
        boolean wholeChunk = extent.offset() == 0 && extent.length() == extent.chunkLength();
        if (resumed) {
            clear(from, position);
            if (wholeChunk && PresentFile.holds(PresentFile.read(open(), position, extent.length()), extent, hash)) {
                stats.bytes.add(extent.length());
                return true;
            }
        }
        PresentFile there = present;
        if (there == null) {
            return false;
        }
        if (matches() && !there.zeros(from, position)) {
            diverge(there, from);
        }
        byte[] bytes = wholeChunk ? there.read(position, extent.length()) : null;
        if (PresentFile.holds(bytes, extent, hash) && bytes != null) {
            if (matches()) {
                stats.compared.add(extent.length());
            } else {
                put(position, bytes, 0, bytes.length);
            }
            return true;
        }
        // A part of a chunk is compared when the chunk comes: of a file that has nothing else.
        if (matches() && (wholeChunk || !alone)) {
            diverge(there, position);
        }
        return false;
    }

    private synchronized boolean matches() {
        return matching;
    }

    /**
     * Begins a work file with what has been found right, before anything else is written: of a file that matches, nothing is
     * fetched unless it is all that the file has, see {@link #lacks}.
     */
    private synchronized void diverge(PresentFile there, long end) throws IOException {
        matching = false;
        if (end > 0) {
            there.copy(open(), end);
            reached(Math.min(end, there.stat().size()));
        }
    }

    /** Makes a stretch read as zeros that an earlier attempt, or somebody, filled otherwise. */
    private void clear(long from, long to) throws IOException {
        Directory.FileHandle file = open();
        byte[] zeros = new byte[1 << 16];
        for (long at = PresentFile.firstData(file, from, to); at >= 0; at = PresentFile.firstData(file, at, to)) {
            int count = (int) Math.min(zeros.length, to - at);
            file.write(at, zeros, 0, count);
            at += count;
        }
    }

    /** Sets size and attributes, and takes the final name. Called when no part is left to write. */
    synchronized void finish(ExistingFiles existing) throws IOException {
        if (damaged) {
            // Bytes are missing: keep what there is, under a name that nobody takes for the file.
            abandon();
            return;
        }
        PresentFile there = present;
        if (matching && there != null) {
            if (there.stat().size() == length && there.zeros(planned, length)) {
                boolean changed = existing.settle(path, ExistingFiles.open(there.open()), recorded, node.attributes());
                holes += length - planned;
                stats.passed.add(holes);
                requireHoles(existing, there.stat());
                closeHandle();
                (changed ? stats.settled : stats.skipped).increment();
                placesLeft = -1;
                return;
            }
            diverge(there, planned);
        }
        holes += length - planned;
        stats.passed.add(holes);
        Directory.FileHandle file = open();
        if (resumed) {
            clear(planned, length);
        }
        if (resumed || writtenEnd != length) {
            file.truncate(length);
        }
        existing.lost(path, file.apply(node.attributes()));
        if (holes >= MIN_HOLES_BYTES) {
            requireHoles(existing, file.stat());
        }
        closeHandle();
        try {
            if (slot.parent.use(directory -> slot.commit(directory, workName, node.attributes()))) {
                stats.files.increment();
            }
        } catch (OsException e) {
            // It would wait for a next attempt in vain; where the target as a whole has failed, this fails too.
            if (!e.hopeless()) {
                slot.parent.use(directory -> {
                    directory.remove(workName, false);
                    return true;
                });
                created = false;
            }
            throw e;
        }
        placesLeft = -1;
    }

    private void requireHoles(ExistingFiles existing, Stat stat) {
        // Blocks that are not asked for are counted loosely: only holes of a size that matters tell.
        if (holes >= MIN_HOLES_BYTES && stat.allocated() > length - holes / 2) {
            existing.lost(path, List.of("holes: zeros are stored in their place"));
        }
    }

    /** Ends it without the file: a work file with nothing in it goes, another one waits for the next attempt. */
    synchronized void abandon() throws IOException {
        abandoned = true;
        closeHandle();
        if (created && !resumed && writtenEnd == 0) {
            created = false;
            slot.parent.use(directory -> {
                Stat left = ExistingFiles.statOrNull(directory, workName);
                if (left != null && WorkFiles.resumable(left)) {
                    directory.remove(workName, false);
                }
                return true;
            });
        }
    }

    /** Whether it has come to its end, well or not. */
    synchronized boolean finished() {
        return placesLeft < 0;
    }

    /** Whether bytes of it wait under its work name. */
    synchronized boolean unfinished() {
        return created && placesLeft >= 0;
    }
}
