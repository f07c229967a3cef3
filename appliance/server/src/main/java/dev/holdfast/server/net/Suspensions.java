package dev.holdfast.server.net;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.SuspensionTable.Suspension;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.ingest.DigestMismatchException;
import dev.holdfast.store.ingest.RefusedChunkException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Suspends backups of nodes that send data that no client sends. A chunk that cannot be read back is one such thing and
 * suffices; a chunk that does not match its digest may be due to failing memory, so that a few are only reported. Safe for
 * use by several threads.
 */
public final class Suspensions {
    /** Within a day. */
    private static final int MAX_MISMATCHES = 8;
    /** How long the answer of the control database counts. */
    private static final long FOUND_NANOS = 50_000_000L;

    private static final long MEMORY_NANOS = Duration.ofDays(1).toNanos();

    private final ControlDb control;
    private final LongSupplier nanos;
    /** Nodes that were found suspended. */
    private final Map<Integer, Found> suspended = new ConcurrentHashMap<>();

    private final Map<Integer, Mismatches> mismatches = new ConcurrentHashMap<>();

    /** @param since when the first of them came, by {@link #nanos} */
    private record Mismatches(int count, long since) {
        Mismatches oneMore(long now) {
            return now - since > MEMORY_NANOS ? new Mismatches(1, now) : new Mismatches(count + 1, since);
        }
    }

    /** @param at by {@link #nanos} */
    private record Found(Suspension suspension, long at) {}

    public Suspensions(ControlDb control) {
        this(control, System::nanoTime);
    }

    /** As {@link #Suspensions(ControlDb)}, with a clock of its own, for tests. */
    Suspensions(ControlDb control, LongSupplier nanos) {
        this.control = control;
        this.nanos = nanos;
    }

    /** Refuses a suspended node, before a backup begins. The node may have been resumed meanwhile. */
    void requireNone(int node) throws IOException {
        Optional<Suspension> found = control.suspensions().find(node);
        if (found.isEmpty()) {
            suspended.remove(node);
            return;
        }
        suspended.put(node, new Found(found.get(), nanos.getAsLong()));
        throw refusal(found.get());
    }

    /** As {@link #requireNone}, for each request of a backup under way: a flood of them seldom reaches the database. */
    void requireNotSuspended(int node) throws IOException {
        Found found = suspended.get(node);
        if (found == null) {
            return;
        }
        if (nanos.getAsLong() - found.at < FOUND_NANOS) {
            throw refusal(found.suspension);
        }
        requireNone(node);
    }

    private static RemoteException refusal(Suspension suspension) {
        return new RemoteException(
                ErrorCode.FORBIDDEN,
                "backups of this node are suspended since " + Instant.ofEpochMilli(suspension.since()) + ": "
                        + suspension.reason() + ". An administrator resumes it on the appliance: "
                        + TypedCommand.elsewhere("appliance", "node", "resume", "NAME", "--data", "DIR"));
    }

    /** A chunk of this node was refused; suspends it where that tells of more than bad luck. */
    void refused(Peer peer, IOException cause) throws IOException {
        if (cause instanceof RefusedChunkException) {
            suspend(peer, Phrase.of("suspended.chunk-unreadable").with("reason", cause));
        } else if (cause instanceof DigestMismatchException) {
            long now = nanos.getAsLong();
            int count = mismatches
                    .compute(
                            peer.nodeId(),
                            (node, before) -> before == null ? new Mismatches(1, now) : before.oneMore(now))
                    .count();
            if (count == 1) {
                control.events()
                        .raise(
                                Events.Severity.WARNING,
                                "content-mismatch",
                                peer.nodeId(),
                                Phrase.of("event.content-mismatch").with("node", peer.name()));
            }
            if (count >= MAX_MISMATCHES) {
                suspend(peer, Phrase.of("suspended.mismatches").with("count", count));
            }
        }
    }

    private void suspend(Peer peer, Phrase reason) throws IOException {
        suspended.put(
                peer.nodeId(),
                new Found(new Suspension(System.currentTimeMillis(), reason.english(), reason), nanos.getAsLong()));
        mismatches.remove(peer.nodeId());
        if (control.suspensions().suspend(peer.nodeId(), reason)) {
            control.audit().append(peer.label(), "suspend", peer.name(), reason.english());
            control.events()
                    .raise(
                            Events.Severity.ALERT,
                            EventKinds.NODE_SUSPENDED,
                            peer.nodeId(),
                            Phrase.of("event.suspended")
                                    .with("node", peer.name())
                                    .with("reason", reason)
                                    .with("command", control.command("node", "resume", peer.name())));
        }
    }
}
