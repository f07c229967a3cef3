package dev.holdfast.agent.allocation;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file system, as its own first bytes describe it.
 *
 * @param bytes from the beginning of the range; -1 where it says something absurd
 * @param mostFree bytes that it says are free, at most
 * @param doubts why what it says of free space does not count; empty where it does
 */
record FileSystem(Kind kind, long bytes, long mostFree, List<String> doubts) {
    /** So many bytes at the beginning of a range tell. */
    static final int HEAD_BYTES = 68 << 10;

    private static final int EXT = 1024;
    private static final int BTRFS = 64 << 10;

    /** Those whose free space is known; each is read by a program of partclone. */
    enum Kind {
        EXT("ext4", "partclone.ext4", "ext[234]"),
        XFS("XFS", "partclone.xfs", "xfs"),
        BTRFS("btrfs", "partclone.btrfs", "btrfs"),
        NTFS("NTFS", "partclone.ntfs", "ntfs"),
        FAT("FAT", "partclone.fat", "vfat");

        final String text;
        final String program;
        /** A pattern of what blkid calls it. */
        final String types;

        Kind(String text, String program, String types) {
            this.text = text;
            this.program = program;
            this.types = types;
        }
    }

    /** All that the head has the signature of; more than one means that nothing is known. */
    static List<FileSystem> in(Bytes head) {
        return Stream.of(ext(head), xfs(head.bigEndian()), btrfs(head), ntfs(head), fat(head))
                .flatMap(List::stream)
                .toList();
    }

    /** Collects those that apply. */
    private static final class Doubts {
        private final List<String> found = new ArrayList<>();

        Doubts when(boolean applies, String why) {
            if (applies) {
                found.add(why);
            }
            return this;
        }
    }

    private static List<FileSystem> ext(Bytes head) {
        if (head.u16(EXT + 56) != 0xEF53) {
            return List.of();
        }
        long incompatible = head.u32(EXT + 96);
        long readOnlyCompatible = head.u32(EXT + 100);
        boolean large = (incompatible & 0x80) != 0;
        long block = 1024L << Math.min(6, head.u32(EXT + 24));
        long blocks = head.u32(EXT + 4) | (large ? head.u32(EXT + 336) << 32 : 0);
        long free = head.u32(EXT + 12) | (large ? head.u32(EXT + 344) << 32 : 0);
        Doubts doubts = new Doubts()
                // Valid, without errors, no orphans being removed.
                .when((head.u16(EXT + 58) & 7) != 1, "it was not unmounted cleanly or has errors")
                .when((incompatible & 0x4) != 0, "its journal must be replayed")
                .when((readOnlyCompatible & 0x1_0000) != 0, "deleted files must be cleaned up")
                .when((incompatible & 0x8) != 0, "it is a journal")
                .when((incompatible & 0x100) != 0, "other machines may use it (mmp)")
                .when((readOnlyCompatible & 0x280) != 0, "it has the feature bigalloc or snapshot");
        return List.of(new FileSystem(Kind.EXT, product(blocks, block), product(free, block), doubts.found));
    }

    private static List<FileSystem> xfs(Bytes head) {
        if (!head.has(0, "XFSB")) {
            return List.of();
        }
        long block = head.u32(4);
        Doubts doubts = new Doubts()
                .when(head.i64(16) != 0 || head.i64(48) == 0, "it has a real-time section or an external log")
                .when(head.u8(126) != 0, "it is being made")
                // File types, sparse inodes, two UUIDs, large times, many extents.
                .when(
                        (head.u16(100) & 0xF) == 5 && (head.u32(216) & ~0x2FL) != 0,
                        "it needs a repair or has features that are not known here");
        return List.of(
                new FileSystem(Kind.XFS, product(head.i64(8), block), product(head.i64(144), block), doubts.found));
    }

    private static List<FileSystem> btrfs(Bytes head) {
        if (!head.has(BTRFS + 64, "_BHRfS_M")) {
            return List.of();
        }
        long bytes = head.i64(BTRFS + 112);
        Doubts doubts = new Doubts()
                .when(head.i64(BTRFS + 136) != 1 || head.i64(BTRFS + 209) != bytes, "it has several devices")
                .when(head.i64(BTRFS + 96) != 0, "its log must be replayed")
                // Not a seed, not being changed to another UUID.
                .when(head.i64(BTRFS + 56) != 1 || head.i64(BTRFS + 48) != BTRFS, "it is not in its usual state")
                // Up to NO_HOLES without RAID56; of those that may be ignored by readers, free space tree and verity.
                .when(
                        (head.i64(BTRFS + 188) & ~0x37FL) != 0 || (head.i64(BTRFS + 180) & ~0x7L) != 0,
                        "it has features that are not known here");
        return List.of(new FileSystem(Kind.BTRFS, bytes, bytes - head.i64(BTRFS + 120), doubts.found));
    }

    private static List<FileSystem> ntfs(Bytes head) {
        if (!head.has(3, "NTFS    ") || head.u16(510) != 0xAA55) {
            return List.of();
        }
        long bytes = product(head.i64(40), head.u16(11));
        return List.of(new FileSystem(Kind.NTFS, bytes, bytes, List.of()));
    }

    private static List<FileSystem> fat(Bytes head) {
        boolean fat16 = head.has(54, "FAT16   ");
        boolean fat32 = head.has(82, "FAT32   ");
        if (head.u16(510) != 0xAA55 || fat16 == fat32) {
            return List.of();
        }
        long sectors = head.u16(19) != 0 ? head.u16(19) : head.u32(32);
        long bytes = product(sectors, head.u16(11));
        Doubts doubts = new Doubts()
                .when((head.u8(fat32 ? 65 : 37) & 3) != 0, "it was not unmounted cleanly or has errors")
                // With FAT32, one of several tables alone may be in use.
                .when(fat32 && (head.u16(40) & 0x80) != 0, "its tables differ");
        return List.of(new FileSystem(Kind.FAT, bytes, bytes, doubts.found));
    }

    /** -1 if it is not a valid size. */
    private static long product(long blocks, long block) {
        return blocks < 0 || block <= 0 || blocks > (Long.MAX_VALUE >> 2) / block ? -1 : blocks * block;
    }
}
