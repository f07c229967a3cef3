package dev.holdfast.agent.allocation;

import java.io.IOException;
import java.util.List;

/**
 * Whether Windows has left NTFS: it is not hibernated, which includes the fast start of Windows, and its log has nothing to replay.
 * That it is marked dirty, partclone sees.
 */
final class NtfsState {
    /** The file of that number. */
    private static final String LOG = "2";

    private static final int PAGE = 4096;
    private static final int NO_CLIENT = 0xFFFF;
    private static final int CLEAN = 2;

    private NtfsState() {}

    /** @throws IOException where it has not, or nobody knows */
    static void requireClean(Jail jail) throws IOException {
        byte[] log = jail.run("ntfscat", List.of("-i", LOG, jail.node()), output -> output.readNBytes(2 * PAGE))
                .output();
        if (!isClean(log)) {
            throw new IOException("its log must be replayed");
        }
        Jail.Ran<byte[]> hibernation =
                jail.run("ntfscat", List.of(jail.node(), "hiberfil.sys"), output -> output.readNBytes(PAGE));
        boolean absent = hibernation.code() != 0 && hibernation.messages().contains("No such file or directory");
        if (!absent && !isAwake(hibernation.output())) {
            throw new IOException("Windows is hibernated, or was shut down for a fast start");
        }
    }

    /** As libntfs-3g judges: a file that begins with zeros or the word {@code wake} keeps nothing. */
    static boolean isAwake(byte[] head) {
        if (head.length < PAGE) {
            return false;
        }
        Bytes bytes = new Bytes(head);
        if (bytes.has(0, "wake") || bytes.has(0, "WAKE")) {
            return true;
        }
        for (byte each : head) {
            if (each != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether a log is empty, or says in its newest restart page that the volume was left.
     *
     * @param log its first two pages
     */
    static boolean isClean(byte[] log) {
        if (log.length < 2 * PAGE) {
            return false;
        }
        if (isEmpty(log)) {
            return true;
        }
        Bytes bytes = new Bytes(log);
        long newest = -1;
        boolean clean = false;
        for (int page = 0; page < log.length; page += PAGE) {
            int area = page + bytes.u16(page + 24);
            if (!bytes.has(page, "RSTR") || bytes.u32(page + 16) != PAGE || area + 16 > page + PAGE) {
                return false;
            }
            long number = bytes.i64(area);
            if (number >= newest) {
                newest = number;
                clean = bytes.u16(area + 12) == NO_CLIENT || (bytes.u16(area + 14) & CLEAN) != 0;
            }
        }
        return clean;
    }

    /** As it is when the file system is made or checked. */
    private static boolean isEmpty(byte[] log) {
        for (byte each : log) {
            if (each != (byte) 0xFF) {
                return false;
            }
        }
        return true;
    }
}
