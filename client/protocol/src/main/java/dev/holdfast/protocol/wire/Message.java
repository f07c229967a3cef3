package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.PageRef;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message between client and appliance; docs/protocol.md is normative. After the greeting ({@link Hello}, {@link Welcome})
 * clients send requests and appliances send responses. A request is answered by one response with the same request id, or by
 * {@link Failure}; {@link Get} and {@link ListSnapshots} are answered by several, of which the last is marked, and
 * {@link Attend} by {@link Order}s until the connection ends. Requests are answered in any order.
 */
public sealed interface Message {
    /** The first frame of every connection. A client that sends it again is refused. */
    record Hello(int minVersion, int maxVersion, String software) implements Message {}

    /** What a client asks for after its greeting. */
    sealed interface Request extends Message {}

    /** A request that belongs to a backup. */
    sealed interface BackupRequest extends Request {}

    /** A request that lists, reads or would delete snapshots. */
    sealed interface ReadRequest extends Request {}

    /** A request of a client's service, about the tasks that the appliance orders. */
    sealed interface OrderRequest extends Request {}

    /** What an appliance answers. */
    sealed interface Response extends Message {}

    // ---- all requests

    /** The request was refused or has failed. */
    record Failure(ErrorCode code, String text) implements Response {}

    /** The request was carried out, and there is nothing to return. */
    record Done() implements Response {}

    // ---- greeting, enrolment, identity

    /**
     * The answer to {@link Hello}.
     *
     * @param creditBytes how many bytes of unanswered requests this connection may have under way
     * @param node the name of the node whose certificate was presented; empty for a client without one, which may only enrol
     * @param gearKey the vault's key for the chunker's table; empty for a client without a certificate
     * @param hash by which chunks are named; before version {@link Frames#HASHES} always SHA-256
     */
    record Welcome(
            int version, String software, UUID vault, int creditBytes, String node, byte[] gearKey, HashAlgorithm hash)
            implements Response {}

    /**
     * Asks for a certificate.
     *
     * @param request a PKCS #10 certificate request, DER
     */
    record Enroll(String token, String node, String platform, byte[] request) implements Request {}

    /**
     * Asks for a new certificate in place of the one that this connection was opened with. That one stays valid until the new
     * one is used.
     *
     * @param request a PKCS #10 certificate request for a new key, DER
     */
    record Renew(byte[] request) implements Request {}

    /**
     * The answer to {@link Enroll} and to {@link Renew}.
     *
     * @param chain the node's certificate, then the authority's, DER
     */
    record Enrolled(int nodeId, List<byte[]> chain) implements Response {}

    /** Keeps the connection open. */
    record Ping() implements Request {}

    /**
     * Identifies the state directory that a client works with, so that the appliance notices a copy of it on another machine.
     *
     * @param instance of the state directory
     * @param counter greater at each connection of this state directory; 0 where it could not be stored
     * @param machine a keyed hash of the machine and the state directory's path
     * @param boot a keyed hash of the kernel's boot id; all zero where it has none
     */
    record Hold(UUID instance, long counter, Digest machine, Digest boot) implements Request {}

    /**
     * The state directory may use the node's identity.
     *
     * @param instance to keep in the state directory; a new one where an older state directory has a copy
     */
    record Held(UUID instance) implements Response {}

    // ---- backup

    /** Begins a backup; {@code description} is for the appliance's task list. */
    record OpenBackup(String description) implements BackupRequest {}

    /** Begins the backup that a task of the appliance ordered. */
    record OpenOrdered(long task) implements BackupRequest {}

    record BackupOpened(long session) implements Response {}

    /** Lets a further connection of the same node send chunks of a session. */
    record JoinBackup(long session) implements BackupRequest {}

    /** Asks which chunks this node already stored. */
    record Query(List<Digest> digests) implements BackupRequest {}

    /** @param bitmap bit i, counted from the lowest of byte 0: digest i is known */
    record Known(byte[] bitmap) implements Response {}

    /** Stores chunks. */
    record Put(List<Upload> chunks) implements BackupRequest {}

    /** A chunk in a {@link Put}. */
    record Upload(ChunkKind kind, Digest digest, Packed packed) {
        /** Bytes in a {@link Put} beside the payload. */
        static final int OVERHEAD_BYTES = 1 + 1 + 4 + 4 + Digest.BYTES;
    }

    /**
     * @param sequence the number of this request's last chunk
     * @param durable every chunk up to this number is on stable storage
     */
    record Stored(long sequence, long durable) implements Response {}

    /** The next pages of the snapshot's root, in order. */
    record RootPart(List<PageRef> pages) implements BackupRequest {}

    /** Completes the snapshot; {@code summary} is an encoded SnapshotSummary. */
    record Commit(byte[] summary) implements BackupRequest {}

    record Committed(UUID snapshot) implements Response {}

    // ---- reading

    record ListSnapshots() implements ReadRequest {}

    /** A part of the list of snapshots; {@code last} ends the list. */
    record Snapshots(List<SnapshotInfo> snapshots, boolean last) implements Response {}

    record SnapshotInfo(UUID id, long committed, byte[] summary) {}

    /**
     * Opens a snapshot for reading.
     *
     * @param text the purpose in words, for the appliance's audit log; this travels
     */
    record OpenRead(UUID snapshot, Purpose purpose, String text) implements ReadRequest {
        public OpenRead {
            if (Purpose.parse(text) != purpose) {
                throw new IllegalArgumentException("'" + text + "' is not a text of purpose " + purpose);
            }
        }

        /** As it arrives: the text decides. */
        public OpenRead(UUID snapshot, String text) {
            this(snapshot, Purpose.parse(text), text);
        }

        /** @param detail what is read, such as a path; may be empty, and is shortened where it is long */
        public static OpenRead of(UUID snapshot, Purpose purpose, String detail) {
            return new OpenRead(snapshot, purpose, purpose.text(detail));
        }
    }

    record ReadOpened(int pages, byte[] summary) implements Response {}

    record ReadRoot(UUID snapshot, int from, int count) implements ReadRequest {}

    record RootPages(List<PageRef> pages) implements Response {}

    /** Asks for the order in which to read chunks. */
    record Plan(List<Digest> digests) implements ReadRequest {}

    /** For each digest of a plan, a number to sort by; -1 where the chunk is missing. */
    record Places(long[] places) implements Response {}

    /** Asks for chunks. */
    record Get(Reading how, List<Digest> digests) implements ReadRequest {
        public Get(boolean verifyOnly, List<Digest> digests) {
            this(verifyOnly ? Reading.VERIFY : Reading.SEND, digests);
        }

        public boolean verifyOnly() {
            return how == Reading.VERIFY;
        }
    }

    /** What the appliance does with the chunks of a {@link Get}. The codes are part of the protocol. */
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

    /** Chunks of a {@link Get}; {@code last} ends the answer. */
    record Chunks(List<Answer> answers, boolean last) implements Response {}

    /**
     * The answer about one chunk.
     *
     * @param index which digest of the request this answers
     * @param packed the chunk, or null where it is damaged, frozen or only verified
     * @param damage what is wrong, or empty
     * @param frozen whether the chunk is whole, and can be read once it was thawed; {@code damage} says so then
     */
    record Answer(int index, @Nullable Packed packed, String damage, boolean frozen) {
        public Answer(int index, @Nullable Packed packed, String damage) {
            this(index, packed, damage, false);
        }
    }

    /** Asks how a snapshot becomes readable of which something is frozen. Only sent to an appliance that answered so. */
    record AskThaw(UUID snapshot) implements ReadRequest {}

    /** @param text what is frozen, the command that thaws it, how long that takes and what it costs */
    record ThawAdvice(String text) implements Response {}

    /** Asks to delete a snapshot. Always refused; older clients send it. */
    record Forget(UUID snapshot) implements ReadRequest {}

    // ---- orders

    /**
     * Tells that a client's service is ready for orders. Answered by {@link Order}s until the connection ends.
     *
     * @param running tasks that it still works on, or whose end it could not report yet
     * @param restoreBelow absolute paths of the directories below which it restores by order, at most
     *     {@link #MAX_DIRECTORIES}; null where it does not say. Only sent from {@link Frames#RESTORE_RIGHTS} on
     */
    record Attend(List<Long> running, @Nullable List<String> restoreBelow) implements OrderRequest {
        public static final int MAX_DIRECTORIES = 100;

        /** That does not say where it restores to. */
        public Attend(List<Long> running) {
            this(running, null);
        }
    }

    /** A job for a task of the appliance. */
    record Order(long task, Job job) implements Response {}

    /**
     * Reports how far a task is.
     *
     * @param total 0 where it is not known
     * @param log lines for the task's log since the last report
     * @param figures null where there are none. Only sent from {@link Frames#FIGURES} on
     */
    record Progress(
            long task,
            String step,
            long done,
            long total,
            List<String> log,
            @Nullable Figures figures) implements OrderRequest {
        /** Without figures. */
        public Progress(long task, String step, long done, long total, List<String> log) {
            this(task, step, done, total, log, null);
        }

        /** For an appliance that is too old for figures. */
        public Progress withoutFigures() {
            return new Progress(task, step, done, total, log);
        }
    }

    /**
     * What a task did so far.
     *
     * @param files that it looked at
     * @param scanned bytes of these files' content, holes included
     * @param transferred bytes of content that went over the network for that
     * @param path the file that it looked at last, or the end of a long path; empty for none
     */
    record Figures(long files, long scanned, long transferred, String path) {
        /** Of a path. */
        public static final int MAX_PATH_CHARACTERS = 500;

        public Figures {
            path = path.length() <= MAX_PATH_CHARACTERS
                    ? path
                    : "…" + path.substring(path.length() - MAX_PATH_CHARACTERS + 1);
        }
    }

    /**
     * Reports that a task has ended. Repeated until the appliance has answered.
     *
     * @param result JSON
     * @param reason why it failed or was cancelled, or its warnings
     */
    record Ended(long task, Outcome outcome, String result, String reason) implements OrderRequest {}

    /**
     * The answer to {@link Job.Folders}.
     *
     * @param question the number of the order
     * @param problem why the directory cannot be listed; empty if it was
     * @param folders in the order of their names' bytes, at most {@link #MAX}
     * @param next the name behind which the rest of the list begins; empty where there is none
     * @param unnamed how many names among those looked at are not valid UTF-8, and are left out
     */
    record Folders(long question, String problem, List<Folder> folders, String next, int unnamed)
            implements OrderRequest {
        public static final int MAX = 1000;
    }

    /**
     * A directory in a directory.
     *
     * @param mounted whether it lies on another file system than the directory above it
     */
    record Folder(String name, boolean mounted) {}

    /**
     * Asks for a part of a package of the client that an order to upgrade offers.
     *
     * @param task the order
     * @param sha256 of the package
     * @param length at most {@link #MAX_BYTES}
     */
    record FetchPackage(long task, Digest sha256, long offset, int length) implements OrderRequest {
        /** Of one part. */
        public static final int MAX_BYTES = 256 << 10;
    }

    /** The part that was asked for; shorter only where the package ends. */
    record PackagePart(byte[] bytes) implements Response {}

    /** How a task ended. The codes are part of the protocol. */
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
}
