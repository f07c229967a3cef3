package dev.holdfast.server.net;

import dev.holdfast.control.db.EnrolmentRefusedException;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.index.IndexException;
import dev.holdfast.store.ingest.DigestMismatchException;
import dev.holdfast.store.ingest.RefusedChunkException;
import dev.holdfast.store.ingest.StoreFullException;
import dev.holdfast.store.ingest.UnknownChunkException;
import java.io.IOException;

/** How failures are told to clients. */
final class Failures {
    private static final int MAX_TEXT_CHARACTERS = 1000;

    private Failures() {}

    static Message.Failure of(IOException e) {
        ErrorCode code = switch (e) {
            case RemoteException remote -> remote.code();
            case RefusedChunkException r -> ErrorCode.MALFORMED;
            case DigestMismatchException m -> ErrorCode.DIGEST_MISMATCH;
            case UnknownChunkException u -> ErrorCode.UNKNOWN_CHUNK;
            case StoreFullException f -> ErrorCode.CAPACITY;
            case EnrolmentRefusedException r -> r.limit() ? ErrorCode.NODE_LIMIT : ErrorCode.TOKEN_REFUSED;
            case FormatException f -> ErrorCode.MALFORMED;
            case IndexException i -> ErrorCode.STORAGE_FAILED;
            default -> ErrorCode.STORAGE_FAILED;
        };
        return of(code, String.valueOf(e.getMessage()));
    }

    /** Whether a client that behaves well seldom gets this answer. */
    static boolean blamesClient(ErrorCode code) {
        return switch (code) {
            case MALFORMED,
                    UNAUTHENTICATED,
                    REVOKED,
                    TOKEN_REFUSED,
                    NOT_FOUND,
                    DIGEST_MISMATCH,
                    UNKNOWN_CHUNK,
                    FORBIDDEN -> true;
            case INTERNAL, VERSION, NODE_LIMIT, CAPACITY, DAMAGED, BUSY, STORAGE_FAILED, READ_ONLY, FROZEN -> false;
        };
    }

    /** The text may carry what the client sent, such as a path of a quarter of a megabyte. */
    static Message.Failure of(ErrorCode code, String text) {
        return new Message.Failure(code, brief(text));
    }

    static String brief(String text) {
        return brief(text, MAX_TEXT_CHARACTERS);
    }

    static String brief(String text, int maxCharacters) {
        return text.length() <= maxCharacters ? text : text.substring(0, maxCharacters) + "…";
    }
}
