package dev.holdfast.protocol.manifest;

import java.util.ArrayList;
import java.util.List;

/**
 * What {@code chattr} sets, and the project that quotas count a file to.
 *
 * @param bits as {@code FS_IOC_GETFLAGS} has them, those of {@link #KEPT} alone
 * @param project 0 for none
 */
public record InodeFlags(int bits, int project) {
    public static final InodeFlags NONE = new InodeFlags(0, 0);

    public static final int IMMUTABLE = 0x10;
    public static final int APPEND = 0x20;
    public static final int NO_DUMP = 0x40;
    public static final int COMPRESSED = 0x4;

    /** In the order of the letters that chattr has for them. */
    private static final List<Integer> BITS = List.of(
            0x1,
            0x2,
            COMPRESSED,
            0x8,
            IMMUTABLE,
            APPEND,
            NO_DUMP,
            0x80,
            0x400,
            0x4000,
            0x8000,
            0x10000,
            0x20000,
            0x800000,
            0x2000000,
            0x20000000,
            0x40000000);

    private static final String LETTERS = "sucSiadAmjtDTCxPF";

    /** Flags that users set; others are the file system's own business. */
    public static final int KEPT = BITS.stream().reduce(0, (a, b) -> a | b);

    public boolean isNone() {
        return bits == 0 && project == 0;
    }

    /** As chattr writes them: {@code ia}. */
    public static String letters(int bits) {
        List<String> found = new ArrayList<>();
        for (int i = 0; i < BITS.size(); i++) {
            if ((bits & BITS.get(i)) != 0) {
                found.add(LETTERS.substring(i, i + 1));
            }
        }
        return String.join("", found);
    }
}
