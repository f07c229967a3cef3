package dev.holdfast.control.instant;

/** Where the content of a block of an overlay is. */
enum BlockState {
    /** In the snapshot. */
    BASE(0),
    /** In the overlay. */
    DATA(1),
    /** Nowhere: it was made zeros. */
    ZERO(2);

    /** What files have for it: two bits. */
    final int bits;

    BlockState(int bits) {
        this.bits = bits;
    }

    static BlockState of(int bits) {
        return switch (bits) {
            case 0 -> BASE;
            case 1 -> DATA;
            // Two bits bear a fourth value, which nothing writes.
            default -> ZERO;
        };
    }
}
