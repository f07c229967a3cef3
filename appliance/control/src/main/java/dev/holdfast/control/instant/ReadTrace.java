package dev.holdfast.control.instant;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.disk.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The parts of a disk that a machine read first, in its order. docs/format.md describes the file.
 *
 * @param parts numbers of parts of {@link #PART_BYTES}
 */
record ReadTrace(int[] parts) {
    static final int PART_BYTES = 256 << 10;
    /** 4 GiB of a disk. */
    static final int MAX_PARTS = 16 << 10;

    static final ReadTrace NONE = new ReadTrace(new int[0]);
    private static final long MAGIC = 0x4846_5452_4143_0D0AL;
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 16;

    /** Reads a file; none where it is missing or damaged: nothing but speed depends on it. */
    static ReadTrace read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return NONE;
        }
        try {
            return parse(Files.readAllBytes(file));
        } catch (FormatException e) {
            System.getLogger(ReadTrace.class.getName())
                    .log(System.Logger.Level.DEBUG, file + " is not used: " + e.getMessage());
            return NONE;
        }
    }

    static ReadTrace parse(byte[] bytes) throws FormatException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (bytes.length < HEADER_BYTES + Integer.BYTES
                || in.getLong() != MAGIC
                || in.getInt(bytes.length - Integer.BYTES) != crc(bytes)) {
            throw FormatException.corrupt("it is no trace");
        }
        FormatException.requireVersion("trace", in.getInt(), VERSION);
        int count = in.getInt();
        if (count < 0 || count > MAX_PARTS || bytes.length != HEADER_BYTES + (count + 1) * Integer.BYTES) {
            throw FormatException.corrupt("it has a wrong length");
        }
        int[] parts = new int[count];
        in.asIntBuffer().get(parts);
        return new ReadTrace(parts);
    }

    /** Replaces a file. */
    void write(Path file) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + (parts.length + 1) * Integer.BYTES);
        out.putLong(MAGIC).putInt(VERSION).putInt(parts.length);
        for (int each : parts) {
            out.putInt(each);
        }
        out.putInt(crc(out.array()));
        parse(out.array());
        AtomicFile.write(file, out.array(), true);
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length - Integer.BYTES);
        return (int) crc.getValue();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ReadTrace(int[] others) && Arrays.equals(parts, others);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(parts);
    }

    @Override
    public String toString() {
        return parts.length + " parts";
    }
}
