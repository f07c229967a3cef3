package dev.holdfast.server;

import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.data.ControlSecrets;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LockMemory;
import dev.holdfast.control.data.VolumeChanges;
import dev.holdfast.control.db.ControlCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.policy.LockClock;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.control.task.ClockCheck;
import dev.holdfast.control.upgrade.WrittenBy;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;

/**
 * What an appliance has open before its store: keys, certificate authority and control database, which is replaced by its
 * copy where it is damaged.
 *
 * @param copies of the control database
 * @param clock of everything but locks, which do not trust it
 */
record ControlPlane(
        DataDirectory directory,
        VaultKeys keys,
        Authority authority,
        ControlDb control,
        ControlCopies copies,
        ControlCopies.Opened opened,
        LockClock lockClock,
        AuditKeeper audit,
        InstantSource clock) {
    private static final System.Logger LOG = System.getLogger(ControlPlane.class.getName());

    /** @param closing closes what is opened */
    static ControlPlane open(DataDirectory directory, Credential credential, Closing closing, InstantSource clock)
            throws IOException {
        new VolumeChanges(directory).settle();
        directory.settleKeyring();
        VaultKeys keys = closing.add(directory.keyring().unlock(credential));
        keys.hash().tellIfSlow();
        Authority authority = Authority.load(directory.keys(), keys, clock);
        ControlCopies copies = new ControlCopies(directory.root().resolve(ControlCopies.DIRECTORY), clock);
        ControlCopies.Opened opened = copies.open(directory.controlDb());
        ControlDb control = closing.add(opened.control());
        WrittenBy.note(directory.root(), clock.instant());
        control.tasks().breakRunning();
        ClockCheck.look(control, clock);
        reseal(directory.keys(), control, keys);
        LockClock lockClock = new LockClock(System::currentTimeMillis, System::nanoTime, new LockMemory(control));
        AuditKeeper audit = new AuditKeeper(control, directory.root(), authority, clock);
        return new ControlPlane(directory, keys, authority, control, copies, opened, lockClock, audit, clock);
    }

    /** What a rotation that was interrupted left, or what came back with an older copy of the control database. */
    private static void reseal(Path directory, ControlDb control, VaultKeys keys) {
        try {
            ControlSecrets.reseal(directory, control, keys);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "not every secret is sealed with the newest keys", e);
        }
    }

    /** Whether the control database is the one that was there, rather than a copy of it. */
    boolean whole() {
        return opened.whole();
    }

    void tellHealed(RetentionService retention) throws IOException {
        int locked = retention.lockAgain(opened.copied());
        control.events()
                .raise(
                        Events.Severity.ALERT,
                        "control-healed",
                        null,
                        Phrase.of("event.control-healed")
                                .with("copy", String.valueOf(opened.healedFrom()))
                                .with("count", locked));
        control.audit().append("appliance", "heal", "control database", "from " + opened.healedFrom());
    }
}
