package dev.holdfast.protocol.manifest;

import dev.holdfast.protocol.chunk.Digest;

/**
 * A run of a file's bytes, found inside a chunk.
 *
 * @param gap bytes of hole between the previous extent's end and this extent's start
 * @param chunk the chunk that holds the bytes
 * @param chunkLength the whole chunk's plaintext length
 * @param offset where in the chunk the run begins
 * @param length bytes of the run, at least 1
 */
public record Extent(long gap, Digest chunk, int chunkLength, int offset, int length) {}
