package dev.holdfast.control.instant;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.disk.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The states of a disk's blocks as they were when the disk was flushed last, whatever happens to the system. Each page has two places, of
 * which the older one is written: one torn by a power failure leaves the other. docs/format.md describes it byte by byte. One thread's at
 * a time.
 */
final class StateFile implements Closeable {
    static final int PLACE_BYTES = 4096;
    private static final long MAGIC = 0x48464F564C4D0D0AL;
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 48;
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(PLACE_BYTES).asReadOnlyBuffer();

    private final Disk.DiskFile file;
    private final int pages;
    /** Of the newer place of each page; 0 where none was written. Odd ones are in the first place. */
    private final long[] sequences;

    private StateFile(Disk.DiskFile file, int pages) {
        this.file = file;
        this.pages = pages;
        this.sequences = new long[pages];
    }

    /** Makes the file of a disk that nothing was written to. The caller makes its name durable. */
    static void create(Disk disk, Path path, UUID recovery, int number, long bytes) throws IOException {
        ByteBuffer header = header(recovery, number, bytes);
        try (Disk.DiskFile file = disk.create(path)) {
            file.write(header, 0);
            file.sync();
        }
    }

    private static ByteBuffer header(UUID recovery, int number, long bytes) {
        ByteBuffer header = ByteBuffer.allocate(PLACE_BYTES);
        header.putLong(MAGIC).putShort((short) VERSION).putShort((short) 0).putInt(Overlay.BLOCK_BYTES);
        header.putLong(recovery.getMostSignificantBits()).putLong(recovery.getLeastSignificantBits());
        header.putInt(number).putLong(bytes);
        header.putInt(crc(header.array(), HEADER_BYTES - Integer.BYTES));
        return header.clear();
    }

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    /**
     * Opens the file of a disk.
     *
     * @throws FormatException where it is damaged, of a newer version, or another disk's
     */
    static StateFile open(Disk disk, Path path, UUID recovery, int number, long bytes) throws IOException {
        Disk.DiskFile file = disk.open(path, true);
        try {
            ByteBuffer header = ByteBuffer.allocate(PLACE_BYTES);
            file.read(header, 0);
            if (header.getLong(0) != MAGIC
                    || header.getInt(HEADER_BYTES - Integer.BYTES)
                            != crc(header.array(), HEADER_BYTES - Integer.BYTES)) {
                throw FormatException.corrupt(path + " is not the list of blocks of an overlay");
            }
            FormatException.requireVersion("overlay", header.getShort(Long.BYTES), VERSION);
            if (!header.clear().equals(header(recovery, number, bytes))) {
                throw FormatException.corrupt(path + " belongs to another disk");
            }
            return new StateFile(file, BlockStates.pages((bytes + Overlay.BLOCK_BYTES - 1) / Overlay.BLOCK_BYTES));
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Where a page with a sequence number is. */
    private static long place(int page, long sequence) {
        return PLACE_BYTES * (1 + 2L * page + (sequence % 2 == 0 ? 1 : 0));
    }

    /**
     * Finds out which places are newer, and reads these.
     *
     * @param target takes their states; null where those of the process before still count
     */
    void load(@Nullable BlockStates target) throws IOException {
        for (int page = 0; page < pages; page++) {
            ByteBuffer newest = newest(page);
            if (target != null) {
                target.load(page, newest);
            }
        }
    }

    /** The states in the newer place of a page. */
    private ByteBuffer newest(int page) throws IOException {
        ByteBuffer found = ByteBuffer.allocate(BlockStates.PAGE_BYTES);
        int damaged = 0;
        for (int which = 1; which <= 2; which++) {
            ByteBuffer place = ByteBuffer.allocate(PLACE_BYTES);
            if (file.read(place, place(page, which)) < PLACE_BYTES
                    || place.clear().equals(EMPTY.duplicate())) {
                continue;
            }
            long sequence = place.getLong(0);
            if (place.getInt(PLACE_BYTES - Integer.BYTES) != crc(place.array(), PLACE_BYTES - Integer.BYTES)
                    || place.getInt(PLACE_BYTES - 2 * Integer.BYTES) != page) {
                damaged++;
            } else if (sequence > sequences[page]) {
                sequences[page] = sequence;
                found = place.slice(Long.BYTES, BlockStates.PAGE_BYTES);
            }
        }
        // One can be torn by the end of the system: what it was to have was not promised to anybody.
        if (damaged > 1) {
            throw FormatException.corrupt("page " + page + " of an overlay's list of blocks is damaged");
        }
        return found;
    }

    /** Writes a page, not durably yet. */
    void write(int page, ByteBuffer states) throws IOException {
        long sequence = sequences[page] + 1;
        ByteBuffer place = ByteBuffer.allocate(PLACE_BYTES);
        place.putLong(sequence);
        place.put(states);
        place.putInt(page);
        place.putInt(crc(place.array(), PLACE_BYTES - Integer.BYTES));
        file.write(place.flip(), place(page, sequence));
        sequences[page] = sequence;
    }

    void sync() throws IOException {
        file.sync();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
