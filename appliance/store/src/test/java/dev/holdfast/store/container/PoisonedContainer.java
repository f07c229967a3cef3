package dev.holdfast.store.container;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.store.envelope.Aead;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.crypto.SecretKey;

/** A sealed container as an older release wrote it, which stored chunks of any packing. */
public final class PoisonedContainer {
    /** One frame, and what it claims to hold. */
    public record Content(byte[] chunk, ChunkKind kind, Packed packed, int owner) {}

    private PoisonedContainer() {}

    /** A chunk packed so that the release that stored it could unpack it, and none can read it back. */
    public static Packed oversized(byte[] chunk) {
        byte[] frame = Packed.compress(chunk, 1).payload();
        int padding = 1_100_000;
        ByteBuffer payload = ByteBuffer.allocate(frame.length + 8 + padding).order(ByteOrder.LITTLE_ENDIAN);
        payload.put(frame).putInt(0x184D2A50).putInt(padding);
        return new Packed(Codec.ZSTD, chunk.length, payload.array());
    }

    /** Writes the file; returns what its trailer lists. */
    public static List<FrameEntry> write(
            Path path, VaultKeys vault, ContainerHeader.Kind kind, int number, List<Content> contents)
            throws IOException {
        ContainerHeader header = ContainerHeader.of(kind, vault, UUID.randomUUID(), number, 1);
        SecretKey frameKey = vault.containerKey(header.epoch(), header.uuid(), 0);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(header.encode());
        List<FrameEntry> entries = new ArrayList<>();
        for (Content each : contents) {
            int ordinal = entries.size();
            var id = vault.chunkId(each.chunk);
            Packed packed = each.packed;
            int stored = packed.payload().length + Aead.TAG_BYTES;
            FrameHeader draft =
                    new FrameHeader(ordinal, stored, packed.rawLength(), packed.codec(), each.kind, each.owner, id, 0);
            byte[] body = Aead.seal(frameKey, FrameHeader.nonce(ordinal), draft.aad(header.uuid()), packed.payload());
            entries.add(new FrameEntry(id, out.size(), stored, ordinal, each.owner, each.kind));
            out.write(new FrameHeader(
                            ordinal,
                            stored,
                            packed.rawLength(),
                            packed.codec(),
                            each.kind,
                            each.owner,
                            id,
                            FrameHeader.crc(body, 0, body.length))
                    .encode());
            out.write(body);
            out.write(new byte[FrameHeader.paddedBytes(stored) - FrameHeader.BYTES - stored]);
        }
        int trailerAt = out.size();
        byte[] trailer =
                ContainerWriter.sealTrailer(header, vault.containerKey(header.epoch(), header.uuid(), 1), entries);
        out.write(trailer);
        byte[] hash = header.hash().hash(out.toByteArray());
        out.write(new Footer(trailerAt, trailer.length, entries.size(), hash).encode());
        Files.createDirectories(path.getParent());
        Files.write(path, out.toByteArray());
        return entries;
    }
}
