package dev.holdfast.protocol.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads data of an export into replies. Safe for use by several threads. */
final class ReadCommand {
    /** A reply is kept in memory as a whole up to so many pieces, so that an error can still be told. */
    private static final int MOST_PIECES_OF_WHOLE = 8;

    private final NbdExport export;
    private final boolean structured;
    private final Replies replies;
    private final ReplyQueue queue;
    private final Pieces.Share share;
    private final Runnable release;

    /** @param release frees the slot of a request whose reply was written without {@code replies} */
    ReadCommand(
            NbdExport export,
            boolean structured,
            Replies replies,
            ReplyQueue queue,
            Pieces.Share share,
            Runnable release) {
        this.export = export;
        this.structured = structured;
        this.replies = replies;
        this.queue = queue;
        this.share = share;
        this.release = release;
    }

    /** Carries out a read that {@link Request#refusal} allows. If it fails, the caller answers with the error. */
    void run(Request request) throws IOException {
        if (request.length() == 0) {
            replies.done(request);
        } else if (structured && !request.has(Numbers.DF)) {
            chunks(request);
        } else if (Pieces.partsOf(request.offset(), request.length()) <= Math.min(MOST_PIECES_OF_WHOLE, share.most())) {
            whole(request);
        } else if (structured) {
            throw new NbdException(NbdError.TOO_LONG, "the read is too long for a reply of one chunk");
        } else {
            streamed(request);
        }
    }

    private void chunks(Request request) throws IOException {
        if (!export.sparse()) {
            dataChunks(request, request.offset(), request.end());
            return;
        }
        long at = request.offset();
        while (at < request.end()) {
            for (NbdExtent each : SmallCommands.status(export, at, request.end() - at)) {
                if (each.isZero()) {
                    replies.hole(request, at, (int) each.length(), each.end() == request.end());
                } else {
                    dataChunks(request, at, each.end());
                }
                at = each.end();
            }
        }
    }

    private void dataChunks(Request request, long from, long to) throws IOException {
        long at = from;
        while (at < to) {
            int length = Pieces.partAt(at, to - at);
            Pieces.Piece piece = share.take();
            boolean read = false;
            try {
                read(at, piece.data(length));
                read = true;
            } finally {
                if (!read) {
                    share.giveBack(piece);
                }
            }
            replies.data(request, share, piece, at, length, at + length == request.end());
            at += length;
        }
    }

    private void whole(Request request) throws IOException {
        Pieces.Piece[] pieces = share.take(Pieces.partsOf(request.offset(), request.length()));
        int[] lengths = new int[pieces.length];
        boolean read = false;
        try {
            long at = request.offset();
            for (int i = 0; i < pieces.length; i++) {
                lengths[i] = Pieces.partAt(at, request.end() - at);
                read(at, pieces[i].data(lengths[i]));
                at += lengths[i];
            }
            read = true;
        } finally {
            if (!read) {
                for (Pieces.Piece each : pieces) {
                    share.giveBack(each);
                }
            }
        }
        replies.whole(request, share, pieces, lengths);
    }

    /** A simple reply that is too large to be kept: an error behind its first part ends the connection. */
    private void streamed(Request request) throws IOException {
        Pieces.Piece piece = share.take();
        try {
            int first = Pieces.partAt(request.offset(), request.length());
            read(request.offset(), piece.data(first));
            queue.exclusive(out -> {
                out.write(piece.message(replies.head(request), first));
                long at = request.offset() + first;
                while (at < request.end()) {
                    int length = Pieces.partAt(at, request.end() - at);
                    read(at, piece.data(length));
                    out.write(piece.data(length));
                    at += length;
                }
            });
        } finally {
            share.giveBack(piece);
        }
        release.run();
    }

    private void read(long offset, ByteBuffer target) throws IOException {
        export.read(offset, target);
        if (target.hasRemaining()) {
            throw new IOException("the export left " + target.remaining() + " bytes before offset "
                    + (offset + target.limit()) + " unread");
        }
    }
}
