package dev.holdfast.cloud.vault;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.util.Arrays;
import java.util.UUID;

/**
 * The content of segments and catalogues: {@code version u8 = 1}, then records, each {@code length u32 · type u8 · body}.
 * Types: 1 a container, 2 a snapshot, 3 a snapshot that is no more (UUID 16), 4 a container that is no more (ordinal u32).
 * Unknown types are an error: they would mean something.
 */
public final class Records {
    private static final int VERSION = 1;
    private static final int CONTAINER = 1;
    private static final int SNAPSHOT = 2;
    private static final int SNAPSHOT_GONE = 3;
    private static final int CONTAINER_GONE = 4;
    private static final int MAX_RECORD_BYTES = 1 << 28;

    private Records() {}

    /** Takes what is found, in the order written. */
    public interface Visitor {
        void container(VaultContainer container) throws IOException;

        void snapshot(VaultSnapshot snapshot) throws IOException;

        void snapshotGone(UUID id) throws IOException;

        void containerGone(int ordinal) throws IOException;
    }

    /** Collects records. */
    public static final class Writer {
        private final ByteWriter out = new ByteWriter(1 << 16);

        public Writer() {
            out.u8(VERSION);
        }

        public int bytes() {
            return out.size();
        }

        public void add(VaultContainer container) {
            ByteWriter body = new ByteWriter(128 + 64 * container.frames().size());
            container.write(body);
            add(CONTAINER, body);
        }

        public void add(VaultSnapshot snapshot) {
            ByteWriter body = new ByteWriter(1 << 12);
            snapshot.write(body);
            add(SNAPSHOT, body);
        }

        public void addGone(UUID snapshot) {
            add(
                    SNAPSHOT_GONE,
                    new ByteWriter(16).u64(snapshot.getMostSignificantBits()).u64(snapshot.getLeastSignificantBits()));
        }

        public void addGone(int ordinal) {
            add(CONTAINER_GONE, new ByteWriter(4).u32(ordinal));
        }

        private void add(int type, ByteWriter body) {
            out.u32(body.size()).u8(type).raw(body.toByteArray());
        }

        public byte[] toByteArray() {
            return out.toByteArray();
        }
    }

    /** Reads all records of an object, a few megabytes of it at a time. */
    public static void each(SealedReader object, Visitor visitor) throws IOException {
        each(new Window(object.length(), object::read), visitor);
    }

    /** Parses what a {@link Writer} made, as the later reader of the object will. */
    static void requireReadable(byte[] bytes) throws IOException {
        Window window =
                new Window(bytes.length, (from, count) -> Arrays.copyOfRange(bytes, (int) from, (int) from + count));
        each(window, new Publication.Visit() {});
    }

    private static void each(Window window, Visitor visitor) throws IOException {
        FormatException.requireVersion("records", window.take(1).u8(), VERSION);
        while (window.more()) {
            ByteReader head = window.take(5);
            long length = head.u32();
            int type = head.u8();
            if (length > MAX_RECORD_BYTES) {
                throw FormatException.corrupt("a record claims " + length + " bytes");
            }
            ByteReader body = window.take((int) length);
            switch (type) {
                case CONTAINER -> visitor.container(VaultContainer.read(body));
                case SNAPSHOT -> visitor.snapshot(VaultSnapshot.read(body));
                case SNAPSHOT_GONE -> visitor.snapshotGone(new UUID(body.u64(), body.u64()));
                case CONTAINER_GONE -> visitor.containerGone(body.i32());
                default -> throw FormatException.corrupt("record type " + type + " is unknown");
            }
            body.expectEnd("record");
        }
    }

    private interface Source {
        byte[] read(long from, int count) throws IOException;
    }

    /** A stretch of the object that is in memory. */
    private static final class Window {
        private static final int BYTES = 4 << 20;

        private final long length;
        private final Source source;
        private byte[] bytes = new byte[0];
        private long start;
        private int at;

        Window(long length, Source source) {
            this.length = length;
            this.source = source;
        }

        boolean more() {
            return start + at < length;
        }

        ByteReader take(int count) throws IOException {
            if (at + count > bytes.length) {
                start += at;
                at = 0;
                bytes = source.read(start, (int) Math.max(count, Math.min(BYTES, length - start)));
            }
            ByteReader in = new ByteReader(bytes, at, count);
            at += count;
            return in;
        }
    }
}
