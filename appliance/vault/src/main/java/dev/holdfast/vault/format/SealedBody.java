package dev.holdfast.vault.format;

import dev.holdfast.protocol.hash.Hasher;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.object.BlockInputStream;
import dev.holdfast.vault.object.Body;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Content, sealed while it is read: the same bytes each time, so that an interrupted upload resumes where it stopped.
 * The content must not change. Safe for use by several threads.
 */
public final class SealedBody implements Body {
    private final SealedObject object;
    private final Content content;
    private final SecretKey key;
    private volatile byte @Nullable [] hash;

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

    public SealedBody(ObjectKind kind, VaultKeys vault, UUID id, Content content) throws IOException {
        this.object = SealedObject.forContent(kind, vault, id, content.length());
        this.content = content;
        this.key = object.key(vault);
    }

    public SealedObject object() {
        return object;
    }

    public String key() {
        return object.kind().key(object.id());
    }

    /**
     * The hash of everything before the hash itself, which ends the object. Known once all was read; otherwise computed
     * now.
     */
    public byte[] hash() throws IOException {
        byte[] known = hash;
        if (known == null) {
            try (InputStream in = open()) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            known = Objects.requireNonNull(hash);
        }
        return known.clone();
    }

    @Override
    public long length() {
        return object.bytes();
    }

    @Override
    public InputStream open() {
        return new Sealing();
    }

    /** The object: its header, sealed segments and the hash, block by block. */
    private final class Sealing extends BlockInputStream {
        private final Cipher cipher = SealedObject.cipher();
        private final Hasher hasher = object.hash().hasher();
        private final byte[] plain = new byte[SealedObject.SEGMENT_BYTES];
        private long at;
        private byte[] block = new byte[0];
        private long blockStart;

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (at >= object.bytes()) {
                return -1;
            }
            if (at >= blockStart + block.length) {
                load();
            }
            int from = (int) (at - blockStart);
            int count = Math.min(length, block.length - from);
            System.arraycopy(block, from, buffer, offset, count);
            at += count;
            return count;
        }

        private void load() throws IOException {
            blockStart = at;
            if (at == 0) {
                block = object.header();
            } else if (at == object.bytes() - SealedObject.HASH_BYTES) {
                block = hasher.digest();
                hash = block.clone();
                return;
            } else {
                long segment = (at - SealedObject.HEADER_BYTES) / SealedObject.SEALED_BYTES;
                block = object.seal(cipher, key, segment, plain, fill(segment));
            }
            hasher.update(block);
        }

        /** Returns how many bytes of {@code plain} a segment has: the content's, and zeros behind its end. */
        private int fill(long segment) throws IOException {
            ByteBuffer target = ByteBuffer.wrap(plain, 0, object.plainBytes(segment));
            long from = segment * SealedObject.SEGMENT_BYTES;
            if (segment == 0) {
                target.putLong(content.length());
            }
            long position = Math.max(0, from - SealedObject.LENGTH_BYTES);
            long left = content.length() - position;
            target.limit((int) Math.min(target.limit(), target.position() + Math.max(0, left)));
            if (target.hasRemaining()) {
                content.read(position, target);
            }
            Arrays.fill(plain, target.limit(), object.plainBytes(segment), (byte) 0);
            return object.plainBytes(segment);
        }
    }
}
