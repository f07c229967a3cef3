package dev.holdfast.store.index;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;

/**
 * An entry for a node that sent a chunk that another node had stored before; in the index the value of an owner, which is
 * empty, of one byte, or of 17 bytes. It remembers where the chunk would lie, had it been new: in no other order may this node
 * see it, or the order tells what others store.
 *
 * @param asPage whether the node stored it as a manifest page, so that what it lists was checked; see {@link ChunkIndex#ownsAsPage}
 * @param place see {@link Location#place()}; -1 for an adoption of releases before this was remembered, or of an index that was
 *     built anew
 * @param sequence orders adoptions at the same place
 */
public record Adoption(boolean asPage, long place, long sequence) {
    /** One of which only that it happened is known. */
    public static Adoption unknown(boolean asPage) {
        return new Adoption(asPage, -1, 0);
    }

    /** This one, where the node stored the chunk a second time, perhaps as something else. */
    public Adoption again(Adoption later) {
        boolean known = place >= 0;
        return new Adoption(asPage || later.asPage, known ? place : later.place, known ? sequence : later.sequence);
    }

    byte[] encode() {
        if (place < 0) {
            return asPage ? new byte[0] : new byte[] {1};
        }
        return new ByteWriter(17).u8(asPage ? 0 : 1).u64(place).u64(sequence).toByteArray();
    }

    static Adoption parse(byte[] bytes) throws FormatException {
        if (bytes.length == 0) {
            return unknown(true);
        }
        ByteReader in = new ByteReader(bytes);
        boolean asPage = in.u8() == 0;
        Adoption adoption = in.hasRemaining() ? new Adoption(asPage, in.u64(), in.u64()) : unknown(asPage);
        in.expectEnd("owner");
        return adoption;
    }
}
