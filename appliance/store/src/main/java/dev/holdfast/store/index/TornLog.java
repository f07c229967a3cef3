package dev.holdfast.store.index;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Cuts off the last record of RocksDB's write-ahead log where a power failure tore it. Each record is synced before it is
 * acknowledged and before the next one is written, so that only the last one can be torn. File systems may record the length of
 * a file before its content is on the disk: then a part in the middle of the record is zeros, which RocksDB takes for damage
 * unless the file ends there.
 *
 * <p>The log consists of blocks of 32 KiB. A record is one fragment, or several in consecutive blocks: checksum u32, length of
 * the content u16, type u8, content; little-endian. Fewer than 7 bytes at the end of a block are zeros.
 */
final class TornLog {
    private static final int BLOCK_BYTES = 32 << 10;
    private static final int HEADER_BYTES = 7;
    private static final int FULL = 1;
    private static final int FIRST = 2;
    private static final int MIDDLE = 3;
    private static final int LAST = 4;

    private final ByteBuffer log;
    private final CRC32C crc = new CRC32C();

    private TornLog(ByteBuffer log) {
        this.log = log.order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Cuts a database's newest log before its last record, if this one is damaged. Damage with whole records behind it is left:
     * those were acknowledged.
     *
     * @return whether something was cut off
     */
    static boolean cut(Path database) throws IOException {
        Path newest = newest(database).orElse(null);
        if (newest == null) {
            return false;
        }
        try (FileChannel file = FileChannel.open(newest, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            int end;
            try (Arena arena = Arena.ofConfined()) {
                end = new TornLog(file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena)
                                .asByteBuffer())
                        .beginOfTornRecord();
            }
            if (end < 0) {
                return false;
            }
            file.truncate(end);
            file.force(true);
            return true;
        }
    }

    private static Optional<Path> newest(Path database) throws IOException {
        try (Stream<Path> files = Files.list(database)) {
            return files.filter(each -> each.getFileName().toString().matches("\\d+\\.log"))
                    .max(Comparator.comparingLong(TornLog::number));
        }
    }

    private static long number(Path log) {
        String name = log.getFileName().toString();
        return Long.parseLong(name.substring(0, name.indexOf('.')));
    }

    /** Where the last record begins, if it is damaged; else -1. */
    private int beginOfTornRecord() {
        int begin = 0;
        boolean inside = false;
        for (int at = 0; at < log.limit(); ) {
            if (BLOCK_BYTES - at % BLOCK_BYTES < HEADER_BYTES) {
                at += BLOCK_BYTES - at % BLOCK_BYTES;
                continue;
            }
            int type = fragment(at);
            boolean starts = type == FULL || type == FIRST;
            if (type < 0 || starts == inside) {
                int torn = inside ? begin : at;
                return recordStartsBehind(at) ? -1 : torn;
            }
            if (starts) {
                begin = at;
            }
            inside = type == FIRST || type == MIDDLE;
            at += HEADER_BYTES + length(at);
        }
        return inside ? begin : -1;
    }

    /** Whether a whole record, or the whole first fragment of one, begins behind a place. */
    private boolean recordStartsBehind(int place) {
        for (int at = place + 1; at <= log.limit() - HEADER_BYTES; at++) {
            int type = log.get(at + HEADER_BYTES - 1);
            if ((type == FULL || type == FIRST) && fragment(at) > 0) {
                return true;
            }
        }
        return false;
    }

    private int length(int at) {
        return Short.toUnsignedInt(log.getShort(at + 4));
    }

    /** The type of the fragment at a place; -1 if none is there that is whole. */
    private int fragment(int at) {
        if (log.limit() - at < HEADER_BYTES) {
            return -1;
        }
        int end = HEADER_BYTES + length(at);
        int type = log.get(at + HEADER_BYTES - 1);
        if (type < FULL || type > LAST || at % BLOCK_BYTES + end > BLOCK_BYTES || at + end > log.limit()) {
            return -1;
        }
        crc.reset();
        crc.update(log.slice(at + HEADER_BYTES - 1, end - HEADER_BYTES + 1));
        return masked((int) crc.getValue()) == log.getInt(at) ? type : -1;
    }

    /** RocksDB stores no checksum as it is, since content may contain checksums. */
    private static int masked(int value) {
        return Integer.rotateRight(value, 15) + 0xa282ead8;
    }
}
