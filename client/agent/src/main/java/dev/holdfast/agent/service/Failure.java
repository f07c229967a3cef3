package dev.holdfast.agent.service;

import dev.holdfast.agent.fs.OsException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.Phrased;
import dev.holdfast.protocol.wire.RemoteException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** Why an order failed. What the appliance or the system said stays as it is; the phrase tells what kind of failure it is. */
final class Failure {
    private Failure() {}

    static Phrase phrase(Exception e) {
        return switch (e) {
            case Phrased phrased -> phrased.phrase();
            case RemoteException refused -> refused(refused);
            case OsException full
            when full.full() -> Phrase.of("client.disk-full").with("reason", full);
            case NoSuchFileException missing
            when missing.getReason() == null -> Phrase.of("task.file-missing").with("file", missing.getFile());
            case AccessDeniedException denied
            when denied.getReason() == null -> Phrase.of("task.file-denied").with("file", denied.getFile());
            // Names of classes tell people nothing.
            case Exception failed when failed.getMessage() == null -> Phrase.of("client.failed");
            default -> Phrase.why(e);
        };
    }

    private static Phrase refused(RemoteException refused) {
        Phrase kind = switch (refused.code()) {
            case CAPACITY -> Phrase.of("client.appliance-full");
            case READ_ONLY -> Phrase.of("client.appliance-read-only");
            case FORBIDDEN -> Phrase.of("client.forbidden");
            case UNAUTHENTICATED, REVOKED -> Phrase.of("client.not-admitted");
            case BUSY -> Phrase.of("client.appliance-busy");
            case NOT_FOUND -> Phrase.of("client.not-found");
            case DAMAGED -> Phrase.of("client.damaged");
            case FROZEN -> Phrase.of("client.frozen");
            case STORAGE_FAILED, INTERNAL -> Phrase.of("client.appliance-failed");
            case MALFORMED, VERSION, TOKEN_REFUSED, NODE_LIMIT, DIGEST_MISMATCH, UNKNOWN_CHUNK ->
                Phrase.of("client.refused");
        };
        return kind.with("reason", refused);
    }
}
