package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.util.Arrays;
import java.util.UUID;
import java.util.stream.LongStream;

/**
 * The content of segments and catalogues: {@code version u8 = 1}, then records, each
 * {@code length u32 · type u8 · body}. Types: 1 a container, 2 a snapshot, 3 a snapshot that was removed (UUID 16), 4 a
 * container that was removed (ordinal u32). Unknown types are an error: they would mean something.
 */
public final class Records {
    private static final int VERSION = 1;
    private static final int CONTAINER = 1;
    private static final int SNAPSHOT = 2;
    private static final int SNAPSHOT_GONE = 3;
    private static final int CONTAINER_GONE = 4;
    private static final int MAX_RECORD_BYTES = 1 << 28;
    private static final int HEAD_BYTES = 5;

    private static final int STRETCH_BYTES = 4 << 20;
    private static final int AT_ONCE = 4;

    private Records() {}

    /** Receives the records, in the order written. */
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

    /** Reads all records of an object, in ranges of a few megabytes, of which some are fetched ahead. */
    public static void each(SealedReader object, Visitor visitor) throws IOException {
        long length = object.length();
        Stretches stretches = new Stretches(length);
        Ahead.each(
                () -> LongStream.iterate(0, at -> at < length, at -> at + STRETCH_BYTES)
                        .iterator(),
                AT_ONCE,
                at -> object.read(at, (int) Math.min(STRETCH_BYTES, length - at)),
                (at, answer) -> {
                    stretches.add(answer.get());
                    each(stretches, visitor);
                    return true;
                });
        stretches.expectEnd();
    }

    /** Parses what a {@link Writer} made, as the later reader of the object will. */
    static void requireReadable(byte[] bytes) throws IOException {
        Stretches all = new Stretches(bytes.length);
        all.add(bytes);
        each(all, new Publication.Visit() {});
        all.expectEnd();
    }

    /** Reads the records that are there whole. */
    private static void each(Stretches stretches, Visitor visitor) throws IOException {
        if (stretches.atStart()) {
            FormatException.requireVersion("records", stretches.take(1).u8(), VERSION);
        }
        while (stretches.has(HEAD_BYTES)) {
            ByteReader head = stretches.peek(HEAD_BYTES);
            long length = head.u32();
            int type = head.u8();
            if (length > MAX_RECORD_BYTES) {
                throw FormatException.corrupt("a record claims " + length + " bytes");
            }
            if (!stretches.has(HEAD_BYTES + (int) length)) {
                return;
            }
            stretches.take(HEAD_BYTES);
            ByteReader body = stretches.take((int) length);
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

    /** Bytes that were fetched and not parsed yet. */
    private static final class Stretches {
        private final long length;
        private long taken;
        private byte[] bytes = new byte[0];
        private int at;

        Stretches(long length) {
            this.length = length;
        }

        void add(byte[] more) {
            int left = bytes.length - at;
            byte[] all = more;
            if (left > 0) {
                all = Arrays.copyOfRange(bytes, at, at + left + more.length);
                System.arraycopy(more, 0, all, left, more.length);
            }
            bytes = all;
            at = 0;
        }

        boolean atStart() {
            return taken == 0;
        }

        boolean has(int count) {
            return count <= bytes.length - at;
        }

        ByteReader peek(int count) {
            return new ByteReader(bytes, at, count);
        }

        ByteReader take(int count) {
            ByteReader in = peek(count);
            at += count;
            taken += count;
            return in;
        }

        void expectEnd() throws FormatException {
            if (taken != length || length == 0) {
                throw FormatException.corrupt("the records end in the middle of one");
            }
        }
    }
}
