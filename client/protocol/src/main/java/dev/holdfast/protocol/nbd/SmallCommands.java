package dev.holdfast.protocol.nbd;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The commands without data in either direction. Safe for use by several threads. */
final class SmallCommands {
    /** The id of {@code base:allocation}, the only context there is. */
    static final int ALLOCATION = 1;
    /** Extents on the wire have 32 bits of length; a longer one is cut here, so that the rest begins at a multiple. */
    private static final long MAX_EXTENT = 1L << 31;

    private final NbdExport export;
    private final Replies replies;

    SmallCommands(NbdExport export, Replies replies) {
        this.export = export;
        this.replies = replies;
    }

    /** Carries out a request that {@link Request#refusal} allows. If it fails, the caller answers with the error. */
    void run(Request request) throws IOException {
        switch (request.type()) {
            case Numbers.CMD_BLOCK_STATUS -> {
                status(request);
                return;
            }
            case Numbers.CMD_FLUSH -> {
                if (!export.readOnly()) {
                    export.flush();
                }
            }
            case Numbers.CMD_CACHE -> {
                if (request.length() > 0) {
                    export.cache(request.offset(), request.length());
                }
            }
            default -> change(request);
        }
        replies.done(request);
    }

    private void change(Request request) throws IOException {
        if (request.length() > 0) {
            if (request.type() == Numbers.CMD_TRIM) {
                export.trim(request.offset(), request.length());
            } else {
                export.zero(request.offset(), request.length(), !request.has(Numbers.NO_HOLE));
            }
        }
        if (request.has(Numbers.FUA)) {
            export.flush();
        }
    }

    private void status(Request request) throws IOException {
        List<NbdExtent> sent = new ArrayList<>();
        for (NbdExtent each : status(export, request.offset(), request.length())) {
            if (sent.size() == NbdExports.MAX_EXTENTS) {
                break;
            }
            sent.add(new NbdExtent(each.offset(), Math.min(each.length(), MAX_EXTENT), each.flags()));
            if (each.length() > MAX_EXTENT || request.has(Numbers.REQ_ONE)) {
                break;
            }
        }
        replies.status(request, ALLOCATION, sent);
    }

    /** What an export says of a range, checked, without what lies behind it. */
    static List<NbdExtent> status(NbdExport export, long offset, long length) throws IOException {
        List<NbdExtent> said = export.status(offset, length);
        long at = offset;
        for (NbdExtent each : said) {
            if (each.offset() != at) {
                throw new IOException("the export says of offset " + at + " what there is at " + each.offset());
            }
            at = each.end();
        }
        if (said.isEmpty()) {
            throw new IOException("the export does not say what there is at offset " + offset);
        }
        return NbdExtent.within(said, offset, length);
    }
}
