package dev.holdfast.store.index;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;

/**
 * That a node sent a chunk which another node had stored before: 16 bytes in the index, behind the owner. It remembers where the
 * chunk would lie, had it been new: in no other order may this node see it, or the order tells what others store.
 *
 * @param place see {@link Location#place()}; -1 for an adoption of releases before this was remembered, or of an index that was
 *     built anew
 * @param sequence orders adoptions at the same place
 */
public record Adoption(long place, long sequence) {
    public static final Adoption UNKNOWN = new Adoption(-1, 0);

    byte[] encode() {
        return place < 0
                ? new byte[0]
                : new ByteWriter(16).u64(place).u64(sequence).toByteArray();
    }

    static Adoption parse(byte[] bytes) throws FormatException {
        if (bytes.length == 0) {
            return UNKNOWN;
        }
        ByteReader in = new ByteReader(bytes);
        Adoption adoption = new Adoption(in.u64(), in.u64());
        in.expectEnd("owner");
        return adoption;
    }
}
