package dev.holdfast.control.boot;

import dev.holdfast.control.image.Image;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the beginning of a disk has for firmware: code for a BIOS, and an EFI system partition, by the MBR or the GUID partition table (UEFI
 * specification, section 5).
 *
 * @param bios code in the first sector
 * @param uefi an EFI system partition
 */
record BootSectors(boolean bios, boolean uefi) {
    private static final int CODE_BYTES = 440;
    private static final int MBR_ENTRIES = 446;
    private static final int MBR_ENTRY_BYTES = 16;
    private static final int MBR_TYPE = 4;
    private static final byte MBR_EFI_SYSTEM = (byte) 0xEF;
    private static final int MBR_SIGNATURE = 510;
    private static final long GPT_SIGNATURE = 0x5452415020494645L;
    /** C12A7328-F81F-11D2-BA4B-00A0C93EC93B, as it is on disk: its first and second eight bytes. */
    private static final long EFI_SYSTEM_FIRST = 0x11D2F81FC12A7328L;

    private static final long EFI_SYSTEM_SECOND = 0x3BC93EC9A0004BBAL;
    private static final int[] SECTOR_BYTES = {512, 4096};
    private static final int MOST_ENTRIES = 1024;
    private static final int LEAST_ENTRY_BYTES = 128;
    private static final int MOST_ENTRY_BYTES = 4096;

    static BootSectors of(Image disk) throws IOException {
        if (disk.size() < 2L * SECTOR_BYTES[1]) {
            return new BootSectors(false, false);
        }
        ByteBuffer head = read(disk, 0, 2 * SECTOR_BYTES[1]);
        boolean signed = (head.getShort(MBR_SIGNATURE) & 0xFFFF) == 0xAA55;
        boolean code = false;
        for (int i = 0; i < CODE_BYTES; i++) {
            code |= head.get(i) != 0;
        }
        boolean uefi = false;
        for (int i = 0; i < 4; i++) {
            uefi |= signed && head.get(MBR_ENTRIES + i * MBR_ENTRY_BYTES + MBR_TYPE) == MBR_EFI_SYSTEM;
        }
        for (int sector : SECTOR_BYTES) {
            uefi |= head.getLong(sector) == GPT_SIGNATURE && hasEfiSystem(disk, head.slice(sector, 512), sector);
        }
        return new BootSectors(signed && code, uefi);
    }

    private static boolean hasEfiSystem(Image disk, ByteBuffer header, int sector) throws IOException {
        header.order(ByteOrder.LITTLE_ENDIAN);
        long place = header.getLong(72);
        int count = Math.min(MOST_ENTRIES, header.getInt(80));
        int bytes = header.getInt(84);
        if (place < 2
                || place > disk.size() / sector
                || bytes < LEAST_ENTRY_BYTES
                || bytes > MOST_ENTRY_BYTES
                || count <= 0
                || place * sector + (long) count * bytes > disk.size()) {
            return false;
        }
        ByteBuffer entries = read(disk, place * sector, count * bytes);
        for (int at = 0; at < entries.limit(); at += bytes) {
            if (entries.getLong(at) == EFI_SYSTEM_FIRST && entries.getLong(at + Long.BYTES) == EFI_SYSTEM_SECOND) {
                return true;
            }
        }
        return false;
    }

    private static ByteBuffer read(Image disk, long offset, int bytes) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        disk.read(offset, read);
        return read.flip();
    }
}
