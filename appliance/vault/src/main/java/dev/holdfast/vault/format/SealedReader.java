package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.Hasher;
import dev.holdfast.store.envelope.Aead;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import javax.crypto.SecretKey;

/** Reads an object of a vault, whole or in ranges. Safe for use by several threads. */
public final class SealedReader {
    /** 4 MiB. */
    private static final int MAX_START_SEGMENTS = 64;

    private final Source store;
    private final List<String> keys;
    private final SealedObject object;
    private final SecretKey secret;
    private final long length;
    /** The padded content's beginning, in whole segments, which opening has read. */
    private final byte[] start;

    /** Where the bytes of objects come from. */
    private interface Source {
        byte[] read(String key, long from, long count) throws IOException;
    }

    private SealedReader(
            Source store, List<String> keys, SealedObject object, VaultKeys vault, long length, byte[] start)
            throws IOException {
        this.store = store;
        this.keys = keys;
        this.object = object;
        this.secret = object.key(vault);
        this.length = length;
        this.start = start;
    }

    /** Reads the header and the first segment in one request; later reads within the first segment need none. */
    public static SealedReader open(ObjectStore store, VaultKeys vault, ObjectKind kind, UUID id) throws IOException {
        return open(store, vault, kind, id, SealedObject.SEALED_BYTES);
    }

    /**
     * As above, with the whole content in the one request where the object is small.
     *
     * @param objectBytes the object's length, up to 4 MiB of which are read, and stay in memory
     */
    public static SealedReader open(ObjectStore store, VaultKeys vault, ObjectKind kind, UUID id, long objectBytes)
            throws IOException {
        long segments = objectBytes / SealedObject.SEALED_BYTES + 1;
        // An object that takes several requests anyway is not read twice at its beginning.
        int first = segments <= MAX_START_SEGMENTS ? (int) segments : 1;
        return open((key, from, count) -> read(store, key, from, count), vault, kind, id, first);
    }

    /** Reads an object that is in memory. */
    public static SealedReader of(byte[] bytes, VaultKeys vault, ObjectKind kind, UUID id) throws IOException {
        return open(
                (key, from, count) -> Arrays.copyOfRange(
                        bytes, (int) Math.min(from, bytes.length), (int) Math.min(from + count, bytes.length)),
                vault,
                kind,
                id,
                1);
    }

    private static SealedReader open(Source store, VaultKeys vault, ObjectKind kind, UUID id, int segments)
            throws IOException {
        return Reread.until(kind.keys(id), key -> openOnce(store, vault, kind, id, key, segments));
    }

    private static SealedReader openOnce(
            Source store, VaultKeys vault, ObjectKind kind, UUID id, String key, int segments) throws IOException {
        byte[] start = store.read(key, 0, SealedObject.HEADER_BYTES + (long) segments * SealedObject.SEALED_BYTES);
        try {
            SealedObject object = SealedObject.parse(start);
            if (!object.vault().equals(vault.id())) {
                throw FormatException.corrupt("it belongs to vault " + object.vault() + ", not " + vault.id());
            }
            if (object.kind() != kind || !object.id().equals(id)) {
                throw FormatException.corrupt("it is another object, " + object.kind() + " " + object.id());
            }
            SecretKey secret = object.key(vault);
            ByteArrayOutputStream plain = new ByteArrayOutputStream(start.length);
            for (int segment = 0, at = SealedObject.HEADER_BYTES;
                    segment < segments && segment < object.segments();
                    segment++) {
                int sealed = object.plainBytes(segment) + Aead.TAG_BYTES;
                if (start.length < at + sealed) {
                    throw FormatException.corrupt("truncated");
                }
                plain.writeBytes(object.open(secret, segment, start, at, sealed));
                at += sealed;
            }
            byte[] opened = plain.toByteArray();
            long length = ByteBuffer.wrap(opened).getLong();
            if (length < 0 || length > object.padded() - SealedObject.LENGTH_BYTES) {
                throw FormatException.corrupt("it claims " + length + " bytes");
            }
            return new SealedReader(store, kind.keys(id), object, vault, length, opened);
        } catch (FormatException e) {
            throw named(key, e);
        }
    }

    /** As above without a request, where header and length are known. */
    public static SealedReader known(
            ObjectStore store, VaultKeys vault, ObjectKind kind, int epoch, UUID id, long length) throws IOException {
        long padded = SealedObject.padded(length + SealedObject.LENGTH_BYTES);
        SealedObject object = new SealedObject(kind, vault.hash(), epoch, id, vault.id(), padded);
        return new SealedReader(
                (key, from, count) -> read(store, key, from, count), kind.keys(id), object, vault, length, new byte[0]);
    }

    private static FormatException named(String key, FormatException e) {
        String text = "object " + key + ": " + e.getMessage();
        return e.problem() == FormatException.Problem.CORRUPT
                ? FormatException.corrupt(text)
                : FormatException.tooNew(text);
    }

    private static byte[] read(ObjectStore store, String key, long from, long count) throws IOException {
        return store.bytes(key, from, (int) count);
    }

    public SealedObject object() {
        return object;
    }

    /** The content's length. */
    public long length() {
        return length;
    }

    /** A range of the content, by one request of whole segments where opening has not read it. */
    public byte[] read(long position, int count) throws IOException {
        if (position < 0 || count < 0 || position + count > length) {
            throw FormatException.corrupt("object " + keys.getFirst() + ": truncated at " + length + ", " + count
                    + " bytes wanted at " + position);
        }
        long from = position + SealedObject.LENGTH_BYTES;
        if (from + count <= start.length) {
            return Arrays.copyOfRange(start, (int) from, (int) from + count);
        }
        return count == 0 ? new byte[0] : Reread.until(keys, key -> readOnce(key, position, count));
    }

    private byte[] readOnce(String key, long position, int count) throws IOException {
        long from = position + SealedObject.LENGTH_BYTES;
        long first = from / SealedObject.SEGMENT_BYTES;
        long last = (from + count - 1) / SealedObject.SEGMENT_BYTES;
        long start = SealedObject.HEADER_BYTES + first * SealedObject.SEALED_BYTES;
        long bytes = (last - first) * SealedObject.SEALED_BYTES + object.plainBytes(last) + Aead.TAG_BYTES;
        byte[] sealed = store.read(key, start, bytes);
        try {
            if (sealed.length < bytes) {
                throw FormatException.corrupt("truncated");
            }
            byte[] plain = new byte[count];
            for (long segment = first; segment <= last; segment++) {
                int at = (int) ((segment - first) * SealedObject.SEALED_BYTES);
                byte[] part = object.open(secret, segment, sealed, at, object.plainBytes(segment) + Aead.TAG_BYTES);
                long partStart = segment * SealedObject.SEGMENT_BYTES;
                int skip = (int) Math.max(0, from - partStart);
                int put = (int) Math.max(0, partStart - from);
                System.arraycopy(part, skip, plain, put, Math.min(part.length - skip, count - put));
            }
            return plain;
        } catch (FormatException e) {
            throw named(key, e);
        }
    }

    /** As {@link #verify(ObjectStore, String, long, byte[])}, of an object that is in memory. */
    public static void verify(byte[] object, String key, byte[] expected) throws FormatException {
        try {
            SealedObject.requireHash(object, expected);
        } catch (FormatException e) {
            throw named(key, e);
        }
    }

    /**
     * Stores an object again as another place of the same vault has it.
     *
     * @param expected the hash at its end
     * @param kept the class that it gets
     * @return whether it is whole there
     */
    public static boolean copy(ObjectStore from, ObjectStore to, String key, byte[] expected, StorageClass kept)
            throws IOException {
        try {
            byte[] bytes = from.bytes(key, 0, Math.toIntExact(from.head(key).bytes()));
            verify(bytes, key, expected);
            to.put(key, Body.of(bytes), PutOptions.REPLACE.as(kept));
            return true;
        } catch (IOException e) {
            if (!Reread.damaged(e)) {
                throw e;
            }
            return false;
        }
    }

    /** The hash at the end of an object whose content fits it. */
    public static byte[] hash(ObjectStore store, String key, long bytes) throws IOException {
        verify(store, key, bytes, new byte[0]);
        return read(store, key, bytes - SealedObject.HASH_BYTES, SealedObject.HASH_BYTES);
    }

    /**
     * Checks an object against the hash at its end; needs no key.
     *
     * @param expected the hash that its inventory tells; empty where none is known
     * @return bytes read
     */
    public static long verify(ObjectStore store, String key, long bytes, byte[] expected) throws IOException {
        byte[] found;
        byte[] end;
        try (InputStream in = store.get(key, 0, bytes)) {
            byte[] header = in.readNBytes((int) Math.min(bytes, SealedObject.HEADER_BYTES));
            Hasher hasher = SealedObject.parse(header).hash().hasher();
            hasher.update(header);
            byte[] block = new byte[1 << 16];
            long left = bytes - SealedObject.HEADER_BYTES - SealedObject.HASH_BYTES;
            while (left > 0) {
                int count = in.read(block, 0, (int) Math.min(block.length, left));
                if (count < 0) {
                    throw FormatException.corrupt("object " + key + ": truncated, " + left + " bytes are missing");
                }
                hasher.update(block, 0, count);
                left -= count;
            }
            end = in.readNBytes(SealedObject.HASH_BYTES);
            found = hasher.digest();
        } catch (FormatException e) {
            throw named(key, e);
        }
        try {
            SealedObject.requireHash(found, end, expected);
        } catch (FormatException e) {
            throw named(key, e);
        }
        return bytes;
    }
}
