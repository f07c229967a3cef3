package dev.holdfast.protocol.nbd;

import java.util.List;

/**
 * What a client knows of the export that it is connected to.
 *
 * @param size in bytes
 * @param flags the transmission flags, as sent
 * @param structured whether replies are structured
 * @param sizes of requests
 * @param contexts metadata contexts that were selected, of those that were asked for
 */
public record NbdExportInfo(long size, int flags, boolean structured, NbdBlockSizes sizes, List<String> contexts) {
    public NbdExportInfo {
        contexts = List.copyOf(contexts);
    }

    private boolean has(int flag) {
        return (flags & flag) != 0;
    }

    public boolean readOnly() {
        return has(Numbers.READ_ONLY);
    }

    public boolean multiConn() {
        return has(Numbers.MULTI_CONN);
    }

    public boolean canFlush() {
        return has(Numbers.SEND_FLUSH);
    }

    /** Whether writes can be durable before their reply. */
    public boolean canWriteThrough() {
        return has(Numbers.SEND_FUA);
    }

    public boolean canTrim() {
        return has(Numbers.SEND_TRIM);
    }

    public boolean canZero() {
        return has(Numbers.SEND_WRITE_ZEROES);
    }

    public boolean canZeroFast() {
        return has(Numbers.SEND_FAST_ZERO);
    }

    public boolean canCache() {
        return has(Numbers.SEND_CACHE);
    }
}
