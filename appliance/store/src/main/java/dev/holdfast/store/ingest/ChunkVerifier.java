package dev.holdfast.store.ingest;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.Problem;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** Checks chunks before they are stored: what clients send, and what the store itself compressed. */
final class ChunkVerifier {
    private ChunkVerifier() {}

    /**
     * Makes certain that later readers can parse a chunk, and that it is the one that it is said to be.
     *
     * @return the chunks that it lists; of metadata alone
     * @throws RefusedChunkException where no client of ours could have sent it
     */
    static List<Digest> accept(HashAlgorithm hash, ChunkKind kind, Digest claimed, Packed packed) throws IOException {
        Packed plain;
        Digest digest;
        try {
            packed.requireCanonical();
            // Metadata is parsed as well, so it is unpacked once, into an array of its own.
            plain = kind.metadata() ? Packed.raw(packed.unpack()) : packed;
            digest = plain.withPlain(hash::digest);
        } catch (FormatException e) {
            throw new RefusedChunkException(e);
        }
        if (!digest.equals(claimed)) {
            throw new DigestMismatchException(claimed);
        }
        return kind.metadata() ? listed(kind, plain.unpack()) : List.of();
    }

    /**
     * The chunks that a chunk of metadata lists.
     *
     * @throws RefusedChunkException where it is not what its kind says
     */
    private static List<Digest> listed(ChunkKind kind, byte[] raw) throws IOException {
        try {
            return switch (kind) {
                case DATA -> List.of();
                case PAGE -> Page.parse(raw).chunks();
                case REPORT -> {
                    Problem.parsePage(raw);
                    yield List.of();
                }
                case ROOT -> throw FormatException.corrupt("a client may not store chunks of kind " + kind);
            };
        } catch (FormatException e) {
            if (e.problem() != FormatException.Problem.CORRUPT) {
                throw e;
            }
            throw new RefusedChunkException(e);
        }
    }

    /** As it is stored. What this process compressed itself is unpacked again before anybody relies on it. */
    static Packed compressed(Packed packed, int level) throws IOException {
        if (packed.codec() != Codec.RAW) {
            return packed;
        }
        byte[] raw = packed.unpack();
        Packed best = Packed.compress(raw, level);
        if (best.codec() == Codec.ZSTD && !Arrays.equals(best.unpack(), raw)) {
            return new Packed(Codec.INCOMPRESSIBLE, raw.length, raw);
        }
        return best;
    }
}
