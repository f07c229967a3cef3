package dev.holdfast.server.net;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.plan.Dispatcher;
import dev.holdfast.control.plan.FolderQuestions;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.cli.Release;
import dev.holdfast.store.Store;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.concurrent.atomic.LongAdder;

/** What requests are answered with. */
public record Services(
        HardwareProfile profile,
        Store store,
        ControlDb control,
        Authority authority,
        BackupSessions sessions,
        Offsite offsite,
        RetentionService retention,
        Dispatcher dispatcher,
        FolderQuestions folders,
        Mode mode,
        Suspensions suspensions,
        CloneDetector cloneDetector,
        ClientPackages packages,
        Traffic traffic) {
    /** What the appliance takes from clients. */
    public enum Mode {
        /** Everything. */
        FULL,
        /** No backups: its vault belongs to another appliance. */
        RECOVERED,
        /** Nothing: it only restores, and forgets at its end who connected. */
        RESCUE
    }

    /** Chunk bytes that clients sent and read, since the start. */
    public record Traffic(LongAdder received, LongAdder sent) {
        public Traffic() {
            this(new LongAdder(), new LongAdder());
        }
    }

    /** The vault beside the store. */
    public interface Offsite {
        /** Called before a snapshot is read: fetches what reading it needs where that is only in the vault. */
        void prepare(StoredSnapshot snapshot) throws IOException;

        /** Called before a backup is acknowledged: its snapshot counts as not off-site from now on. */
        default void stored(StoredSnapshot snapshot) throws IOException {}

        /** What of a snapshot is frozen, the command that thaws it, how long that takes and what it costs, in words. */
        default String thawAdvice(StoredSnapshot snapshot) throws IOException {
            return "Nothing of it is frozen";
        }

        /** Whether reading a container that is on no volume is charged, or must wait for a thaw. */
        default boolean charged(int container) throws IOException {
            return false;
        }
    }

    static final String SOFTWARE = "holdfast-appliance/" + Release.NUMBER;
}
