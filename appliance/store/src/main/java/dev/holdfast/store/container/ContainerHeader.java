package dev.holdfast.store.container;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The first bytes of a container.
 *
 * <pre>
 *  0  8  magic "HFCONT\r\n"
 *  8  2  version: 1 with SHA-256, else 2
 * 10  1  kind: 1 data, 2 metadata, 3 snapshot
 * 11  1  version 2: code of the hash in the footer, which chunk ids are made with as well; version 1: zero, for SHA-256
 * 12  4  epoch of the key
 * 16 16  container UUID
 * 32 16  vault UUID
 * 48  4  number: the file's name
 * 52  8  created, ms since 1970
 * 60  4  CRC-32C of bytes 0 to 59
 * </pre>
 *
 * The line end in the magic shows up a copy that some tool took for text.
 */
public record ContainerHeader(
        Kind kind, HashAlgorithm hash, int epoch, UUID uuid, UUID vault, int number, long created) {
    static final int BYTES = 64;
    private static final long MAGIC = 0x4846434F4E540D0AL;
    private static final int VERSION = 2;

    /** Of a container that is written now. */
    public static ContainerHeader of(Kind kind, VaultKeys vault, UUID uuid, int number, long created) {
        return new ContainerHeader(kind, vault.hash(), vault.currentEpoch(), uuid, vault.id(), number, created);
    }

    /** What a container is for. */
    public enum Kind {
        DATA(1),
        METADATA(2),
        /** One snapshot's root, the file under {@code manifests/}. */
        SNAPSHOT(3);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        static Kind of(int code) throws FormatException {
            return switch (code) {
                case 1 -> DATA;
                case 2 -> METADATA;
                case 3 -> SNAPSHOT;
                default -> throw FormatException.corrupt("container kind " + code + " is unknown");
            };
        }
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter(BYTES);
        out.u64(MAGIC).u16(hash.headerVersion()).u8(kind.code);
        out.u8(hash.headerCode()).u32(epoch);
        out.u64(uuid.getMostSignificantBits()).u64(uuid.getLeastSignificantBits());
        out.u64(vault.getMostSignificantBits()).u64(vault.getLeastSignificantBits());
        out.u32(number).u64(created);
        return out.u32(FrameHeader.crc(out.toByteArray(), 0, BYTES - 4)).toByteArray();
    }

    /** Reads the header of a container or manifest alone, which takes no key. */
    public static ContainerHeader read(Path file) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(BYTES);
        }
        if (bytes.length < BYTES) {
            throw FormatException.corrupt(file + " is truncated to " + bytes.length + " bytes");
        }
        return parse(bytes);
    }

    /** The version of the format that a container with this header has. */
    public int version() {
        return hash.headerVersion();
    }

    static ContainerHeader parse(byte[] bytes) throws FormatException {
        ByteReader in = new ByteReader(bytes);
        if (in.u64() != MAGIC) {
            throw FormatException.corrupt("no container");
        }
        int version = in.u16();
        int kind = in.u8();
        int hash = in.u8();
        int epoch = in.i32();
        UUID uuid = new UUID(in.u64(), in.u64());
        UUID vault = new UUID(in.u64(), in.u64());
        int number = in.i32();
        long created = in.u64();
        if (in.i32() != FrameHeader.crc(bytes, 0, BYTES - 4)) {
            throw FormatException.corrupt("container header fails its checksum");
        }
        FormatException.requireVersion("container", version, VERSION);
        HashAlgorithm algorithm = HashAlgorithm.ofHeader(version, hash);
        return new ContainerHeader(Kind.of(kind), algorithm, epoch, uuid, vault, number, created);
    }
}
