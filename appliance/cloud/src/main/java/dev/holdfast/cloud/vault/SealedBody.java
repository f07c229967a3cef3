package dev.holdfast.cloud.vault;

import dev.holdfast.cloud.object.Body;
import dev.holdfast.store.envelope.Vault;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;

/**
 * Content, sealed while it is read: the same bytes each time, from any offset, so that an upload that was cut off goes on
 * where it stood. The content must not change. Safe for use by several threads.
 */
public final class SealedBody implements Body {
    private final SealedObject object;
    private final Content content;
    private final SecretKey key;
    private final byte[] sha256;

    /** What is to be sealed: a file or an array. */
    public interface Content {
        long length();

        /** Fills all of {@code target} from {@code position}. */
        void read(long position, ByteBuffer target) throws IOException;

        static Content of(byte[] bytes) {
            return new Content() {
                @Override
                public long length() {
                    return bytes.length;
                }

                @Override
                public void read(long position, ByteBuffer target) {
                    target.put(bytes, (int) position, target.remaining());
                }
            };
        }
    }

    /** Reads all of the content once, to know the hash at the object's end. */
    public SealedBody(ObjectKind kind, Vault vault, UUID id, Content content) throws IOException {
        this.object = SealedObject.forContent(kind, vault, id, content.length());
        this.content = content;
        this.key = object.key(vault);
        MessageDigest sha = SealedObject.sha256();
        byte[] block = new byte[SealedObject.SEALED_BYTES];
        try (InputStream in = new Sealing(0, object.bytes() - SealedObject.HASH_BYTES)) {
            for (int count = in.read(block); count >= 0; count = in.read(block)) {
                sha.update(block, 0, count);
            }
        }
        this.sha256 = sha.digest();
    }

    public SealedObject object() {
        return object;
    }

    public String key() {
        return object.kind().key(object.id());
    }

    /** Of everything before the hash itself, which is the object's end. */
    public byte[] hash() {
        return sha256.clone();
    }

    @Override
    public long length() {
        return object.bytes();
    }

    @Override
    public InputStream open() {
        return new Sealing(0, length());
    }

    /** A part of the object. */
    public Body part(long from, long to) {
        return new Body() {
            @Override
            public long length() {
                return to - from;
            }

            @Override
            public InputStream open() {
                return new Sealing(from, to);
            }
        };
    }

    /** A stretch of the object: its header, sealed segments and the hash, block by block. */
    private final class Sealing extends InputStream {
        private final long end;
        private final Cipher cipher = SealedObject.cipher();
        private long at;
        private byte[] block = new byte[0];
        private long blockStart;

        Sealing(long from, long end) {
            this.at = from;
            this.end = end;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (at >= end) {
                return -1;
            }
            if (at < blockStart || at >= blockStart + block.length) {
                load();
            }
            int from = (int) (at - blockStart);
            int count = (int) Math.min(Math.min(length, block.length - from), end - at);
            System.arraycopy(block, from, buffer, offset, count);
            at += count;
            return count;
        }

        private void load() throws IOException {
            long hash = object.bytes() - SealedObject.HASH_BYTES;
            if (at < SealedObject.HEADER_BYTES) {
                blockStart = 0;
                block = object.header();
            } else if (at >= hash) {
                blockStart = hash;
                block = sha256;
            } else {
                long segment = (at - SealedObject.HEADER_BYTES) / SealedObject.SEALED_BYTES;
                blockStart = SealedObject.HEADER_BYTES + segment * SealedObject.SEALED_BYTES;
                byte[] plain = plain(segment);
                block = object.seal(cipher, key, segment, plain, plain.length);
            }
        }

        private byte[] plain(long segment) throws IOException {
            ByteBuffer plain = ByteBuffer.allocate(object.plainBytes(segment));
            long from = segment * SealedObject.SEGMENT_BYTES;
            if (segment == 0) {
                plain.putLong(content.length());
            }
            long position = Math.max(0, from - SealedObject.LENGTH_BYTES);
            long left = content.length() - position;
            if (left > 0) {
                plain.limit((int) Math.min(plain.capacity(), plain.position() + left));
                content.read(position, plain);
            }
            return plain.array();
        }
    }
}
