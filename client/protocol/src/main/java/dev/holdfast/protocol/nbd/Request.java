package dev.holdfast.protocol.nbd;

import org.jspecify.annotations.Nullable;

/**
 * A request of the transmission phase.
 *
 * @param flags of the command, 16 bits
 * @param type of the command, 16 bits
 * @param cookie chosen by the client, repeated in replies
 * @param offset in bytes; unsigned, so that one from 2^63 on is negative
 * @param length in bytes, 32 bits
 */
record Request(int flags, int type, long cookie, long offset, long length) {
    /** Why a request is not carried out. */
    record Refusal(NbdError error, String message) {}

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    long end() {
        return offset + length;
    }

    /** Whether it changes the export. */
    private boolean changes() {
        return type == Numbers.CMD_WRITE || type == Numbers.CMD_TRIM || type == Numbers.CMD_WRITE_ZEROES;
    }

    /** Why an export does not take this request; null if it does. */
    @Nullable
    Refusal refusal(NbdExport export, Handshake.Agreed agreed) {
        if (changes() && export.readOnly()) {
            return new Refusal(NbdError.PERMISSION, "the export is read-only");
        }
        int known = switch (type) {
            case Numbers.CMD_READ -> agreed.structured() ? Numbers.DF : 0;
            case Numbers.CMD_WRITE_ZEROES -> Numbers.NO_HOLE | Numbers.FAST_ZERO;
            case Numbers.CMD_BLOCK_STATUS -> Numbers.REQ_ONE;
            default -> 0;
        };
        // Clients may set it on every command.
        known |= export.readOnly() ? 0 : Numbers.FUA;
        if ((flags & ~known) != 0) {
            return invalid("the command has flags that it cannot have: 0x" + Integer.toHexString(flags & ~known));
        }
        return switch (type) {
            case Numbers.CMD_FLUSH -> offset == 0 && length == 0 ? null : invalid("a flush has no range");
            case Numbers.CMD_BLOCK_STATUS -> statusRefusal(export, agreed);
            case Numbers.CMD_READ -> readRefusal(export, agreed);
            case Numbers.CMD_WRITE -> writeRefusal(export);
            case Numbers.CMD_WRITE_ZEROES -> zeroRefusal(export);
            case Numbers.CMD_TRIM, Numbers.CMD_CACHE -> inside(export, NbdError.INVALID);
            default -> invalid("there is no command " + type);
        };
    }

    private static Refusal invalid(String message) {
        return new Refusal(NbdError.INVALID, message);
    }

    private @Nullable Refusal inside(NbdExport export, NbdError otherwise) {
        return offset >= 0 && offset <= export.size() && length <= export.size() - offset
                ? null
                : new Refusal(otherwise, "the range is not within the " + export.size() + " bytes of the export");
    }

    private @Nullable Refusal statusRefusal(NbdExport export, Handshake.Agreed agreed) {
        if (!agreed.allocation()) {
            return invalid("no metadata context was selected");
        }
        return length == 0 ? invalid("the range is empty") : inside(export, NbdError.INVALID);
    }

    private @Nullable Refusal readRefusal(NbdExport export, Handshake.Agreed agreed) {
        if (length > NbdBlockSizes.DEFAULT_PAYLOAD) {
            return new Refusal(
                    agreed.structured() ? NbdError.TOO_LONG : NbdError.INVALID,
                    "a read has at most " + NbdBlockSizes.DEFAULT_PAYLOAD + " bytes");
        }
        return inside(export, NbdError.INVALID);
    }

    private @Nullable Refusal writeRefusal(NbdExport export) {
        return inside(export, NbdError.NO_SPACE);
    }

    private @Nullable Refusal zeroRefusal(NbdExport export) {
        Refusal outside = inside(export, NbdError.NO_SPACE);
        if (outside == null && has(Numbers.FAST_ZERO) && !export.zeroesFast(offset, length, !has(Numbers.NO_HOLE))) {
            return new Refusal(NbdError.NOT_SUPPORTED, "zeros are not faster than data here");
        }
        return outside;
    }
}
