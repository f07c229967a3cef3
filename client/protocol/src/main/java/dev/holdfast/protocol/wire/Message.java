package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.PageRef;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Everything that travels between agent and appliance; docs/protocol.md is normative. Every request is answered by one
 * message with the same request id, or by {@link Failure}; {@link Get} by a run of {@link Chunks} of which the last says
 * so. Requests are answered in any order.
 */
public sealed interface Message {
    // ---- both ways
    record Failure(ErrorCode code, String text) implements Message {}

    record Done() implements Message {}

    // ---- opening
    /** The first frame of every connection. */
    record Hello(int minVersion, int maxVersion, String software) implements Message {}

    /**
     * @param creditBytes how many bytes of unanswered requests this connection may have under way
     * @param node the name of the node whose certificate was presented; empty for a stranger, who may only enrol
     * @param gearKey the vault's key for the chunker's table; empty for a stranger
     */
    record Welcome(int version, String software, UUID vault, int creditBytes, String node, byte[] gearKey)
            implements Message {}

    /** @param request a PKCS#10 certificate request, DER */
    record Enroll(String token, String node, String platform, byte[] request) implements Message {}

    /** @param chain the node's certificate, then the authority's, DER */
    record Enrolled(int nodeId, List<byte[]> chain) implements Message {}

    record Ping() implements Message {}

    /**
     * Says which holder of its identity a client is, so that a copy of its state directory on another machine is noticed.
     *
     * @param instance of the state directory
     * @param counter greater at each connection of this state directory; 0 where it could not be stored
     * @param machine a keyed hash of the machine and the state directory's path
     * @param boot a keyed hash of what the kernel names its start; all zero where it has no name
     */
    record Hold(UUID instance, long counter, Digest machine, Digest boot) implements Message {}

    /** The holder is accepted. The state directory keeps {@code instance}, which is another where an older one has a copy. */
    record Held(UUID instance) implements Message {}

    // ---- backup
    /** Begins a backup; {@code description} is for the appliance's task list. */
    record OpenBackup(String description) implements Message {}

    record BackupOpened(long session) implements Message {}

    /** Lets a further connection of the same node carry chunks of a session. */
    record JoinBackup(long session) implements Message {}

    /** Asks which chunks this node already stored. */
    record Query(List<Digest> digests) implements Message {}

    /** @param bitmap bit i, counted from the lowest of byte 0: digest i is known */
    record Known(byte[] bitmap) implements Message {}

    record Put(List<Upload> chunks) implements Message {}

    /** A chunk on its way to the appliance. */
    record Upload(ChunkKind kind, Digest digest, Packed packed) {
        /** Bytes in a {@link Put} beside the payload. */
        static final int OVERHEAD_BYTES = 1 + 1 + 4 + 4 + Digest.BYTES;
    }

    /**
     * @param sequence the number of this request's last chunk
     * @param durable every chunk up to this number has reached stable storage
     */
    record Stored(long sequence, long durable) implements Message {}

    /** The next pages of the snapshot's root, in order. */
    record RootPart(List<PageRef> pages) implements Message {}

    /** Makes the snapshot real; {@code summary} is an encoded SnapshotSummary. */
    record Commit(byte[] summary) implements Message {}

    record Committed(UUID snapshot) implements Message {}

    // ---- reading
    record ListSnapshots() implements Message {}

    /** One of possibly several answers; {@code last} ends the list. */
    record Snapshots(List<SnapshotInfo> snapshots, boolean last) implements Message {}

    record SnapshotInfo(UUID id, long committed, byte[] summary) {}

    /** Announces what a snapshot is about to be read for; the appliance writes it to its audit log. */
    record OpenRead(UUID snapshot, String purpose) implements Message {}

    record ReadOpened(int pages, byte[] summary) implements Message {}

    record ReadRoot(UUID snapshot, int from, int count) implements Message {}

    record RootPages(List<PageRef> pages) implements Message {}

    /** Asks in which order the chunks lie on disk. */
    record Plan(List<Digest> digests) implements Message {}

    /** For each digest of a plan a number that sorts as the disk does; -1 where the chunk is missing. */
    record Places(long[] places) implements Message {}

    /** Asks for chunks; {@code how} tells what for. */
    record Get(Reading how, List<Digest> digests) implements Message {
        public Get(boolean verifyOnly, List<Digest> digests) {
            this(verifyOnly ? Reading.VERIFY : Reading.SEND, digests);
        }

        public boolean verifyOnly() {
            return how == Reading.VERIFY;
        }
    }

    /** What chunks are read for. The codes are part of the protocol. */
    enum Reading {
        SEND(0),
        /** Read, decrypt, decompress and rehash, but send no bytes. */
        VERIFY(1),
        /** Send what can be read free of charge; the rest is answered as frozen. Older appliances send everything. */
        SEND_FREE(2);

        private final int code;

        Reading(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        static Reading of(int code) {
            return code == VERIFY.code ? VERIFY : code == SEND_FREE.code ? SEND_FREE : SEND;
        }
    }

    /** How a snapshot becomes readable of which something is frozen. Only asked of an appliance that said so. */
    record AskThaw(UUID snapshot) implements Message {}

    /** @param text what is frozen, the command that thaws it, how long that takes and what it costs */
    record ThawAdvice(String text) implements Message {}

    record Chunks(List<Answer> answers, boolean last) implements Message {}

    /**
     * @param index which digest of the request this answers
     * @param packed the chunk, or null where it is damaged, frozen or only verified
     * @param damage what is wrong, or empty
     * @param frozen whether {@code damage} is none: the chunk is there, and can be read once it was thawed
     */
    record Answer(int index, @Nullable Packed packed, String damage, boolean frozen) {
        public Answer(int index, @Nullable Packed packed, String damage) {
            this(index, packed, damage, false);
        }
    }

    record Forget(UUID snapshot) implements Message {}

    // ---- orders
    /**
     * A client's service is at hand. Answered by {@link Order}s for as long as the connection lives.
     *
     * @param running tasks that it still works on, or whose end it could not tell yet
     */
    record Attend(List<Long> running) implements Message {}

    /** Something to do for a task of the appliance. */
    record Order(long task, Job job) implements Message {}

    /**
     * How far a task is.
     *
     * @param total 0 where nobody knows
     * @param log lines for its log since the last time
     */
    record Progress(long task, String step, long done, long total, List<String> log) implements Message {}

    /**
     * A task is over. Told until the appliance has answered.
     *
     * @param result JSON
     * @param reason why it failed or was cancelled, or what there is to warn of
     */
    record Ended(long task, Outcome outcome, String result, String reason) implements Message {}

    /** How a task ended. */
    enum Outcome {
        DONE(0),
        FAILED(1),
        CANCELLED(2);

        private final int code;

        Outcome(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        static Outcome of(int code) throws FormatException {
            for (Outcome candidate : values()) {
                if (candidate.code == code) {
                    return candidate;
                }
            }
            throw FormatException.corrupt("outcome " + code + " is unknown");
        }
    }

    /** Begins the backup that a task of the appliance ordered. */
    record OpenOrdered(long task) implements Message {}
}
